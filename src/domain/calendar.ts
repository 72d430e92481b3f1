import { Temporal } from 'temporal-polyfill';

/** The date and the time of day of a moment in a time zone. @throws RangeError for a time zone that does not exist */
export function wallClock(moment: Date, timeZone: string): Temporal.PlainDateTime {
  const instant = Temporal.Instant.fromEpochMilliseconds(moment.getTime());
  return instant.toZonedDateTimeISO(timeZone).toPlainDateTime();
}

/** The begin of a day of the calendar: `2026-12-05` in a time zone, as a moment. */
export function dayBegins(day: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds);
}

/** The day of the calendar at a moment: `2026-12-05`. */
export function dayAt(moment: Date, timeZone: string): string {
  return wallClock(moment, timeZone).toPlainDate().toString();
}

/** The day of the calendar after the one of a moment, also where that has 25 hours. */
export function dayAfter(moment: Date, timeZone: string): string {
  return wallClock(moment, timeZone).toPlainDate().add({ days: 1 }).toString();
}
