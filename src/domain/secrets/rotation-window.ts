import { Temporal } from 'temporal-polyfill';
import { wallClock } from '../calendar.ts';

export const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
type Weekday = (typeof WEEKDAYS)[number];

/** When work on K10 may be done, by the clock on the wall. */
export interface WindowRule {
  /** Days on which a window opens. */
  readonly days: readonly Weekday[];
  /** Minutes after midnight; where `to` is not later than `from`, the window closes on the day after. */
  readonly from: number;
  readonly to: number;
  /** IANA name: `Europe/Berlin`. */
  readonly timeZone: string;
}

/** A stretch of time in which work may be done; ISO times. */
export interface RunWindow {
  readonly opens: string;
  readonly closes: string;
}

// With one day a week and a window that summer time swallows, the next one is two weeks away.
const MOST_DAYS = 16;

/**
 * The window that is open at a moment, or else the next one. A time that summer time leaves out is an hour later on that
 * day, one that comes twice is the first; a window that has no length left is none.
 * @throws Error where the rule has no day, or a time zone that nobody knows
 */
export function windowAt(rule: WindowRule, moment: Date): RunWindow {
  const now = Temporal.Instant.fromEpochMilliseconds(moment.getTime());
  // One that opened yesterday may still be open.
  const first = wallClock(moment, rule.timeZone).toPlainDate().subtract({ days: 1 });
  for (let later = 0; later <= MOST_DAYS; later += 1) {
    const day = first.add({ days: later });
    if (!rule.days.includes(WEEKDAYS[day.dayOfWeek - 1] ?? 'Mon')) continue;
    const opens = at(day, rule.from, rule.timeZone);
    const closes = at(rule.to > rule.from ? day : day.add({ days: 1 }), rule.to, rule.timeZone);
    if (Temporal.Instant.compare(opens, closes) >= 0) continue;
    if (Temporal.Instant.compare(closes, now) > 0) return { opens: iso(opens), closes: iso(closes) };
  }
  throw new Error(`No window opens within ${MOST_DAYS} days`);
}

/** Whether work may be done at this moment. */
export function isOpen({ opens, closes }: RunWindow, moment: Date): boolean {
  return Date.parse(opens) <= moment.getTime() && moment.getTime() < Date.parse(closes);
}

function at(day: Temporal.PlainDate, minutes: number, timeZone: string): Temporal.Instant {
  const plainTime = Temporal.PlainTime.from({ hour: Math.floor(minutes / 60), minute: minutes % 60 });
  return day.toZonedDateTime({ timeZone, plainTime }).toInstant();
}

function iso(instant: Temporal.Instant): string {
  return new Date(instant.epochMilliseconds).toISOString();
}
