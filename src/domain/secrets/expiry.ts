import { Temporal } from 'temporal-polyfill';
import { wallClock } from '../calendar.ts';

/**
 * When people are reminded that a credential ends. Everything is counted in days of the calendar in one time zone, so
 * that neither a change to summer time nor a run that comes late moves a reminder or makes two of it.
 */
export interface ExpiryRules {
  /** Days before the end on which people are reminded: `[30, 14, 7, 3, 1]`. They are on the day itself, too. */
  readonly remindBefore: readonly number[];
  /** For how many days after the end people are reminded daily. */
  readonly dailyAfter: number;
  /** Minutes after midnight at which a day's reminder is due. */
  readonly at: number;
  /** IANA name: `Europe/Berlin`. */
  readonly timeZone: string;
}

export interface Snooze {
  /** The day of the next reminder: `2026-12-05`. */
  readonly until: string;
  readonly reason: string;
  /** Slack user id. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
}

/**
 * The reminder that should have been given by now, as the days that were left when it came due: 14, 0 on the day,
 * negative after the end. However many were missed, it is the newest one; undefined while there is none.
 * @param endsAt ISO time
 */
export function dueReminder(
  endsAt: string,
  now: Date,
  rules: ExpiryRules,
  snooze?: Pick<Snooze, 'until'>,
): number | undefined {
  const end = dayOf(endsAt, rules.timeZone);
  const left = daysBetween(reminderDay(now, rules), end);
  if (left <= 0) return -left <= rules.dailyAfter ? left : undefined;
  // When a snooze ends, people are reminded although no threshold falls on that day.
  const awake = snooze === undefined ? undefined : daysBetween(Temporal.PlainDate.from(snooze.until), end);
  if (awake !== undefined && left > awake) return undefined;
  const due = [...rules.remindBefore, ...(awake === undefined ? [] : [awake])].filter((days) => left <= days);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** How many days of the calendar are left; 0 on the day itself, negative after it. */
export function daysLeft(endsAt: string, now: Date, timeZone: string): number {
  return daysBetween(dayOf(now, timeZone), dayOf(endsAt, timeZone));
}

/** The first and last day to which a credential's reminder can be put off; undefined when it is too late for that. */
export function snoozeDays(
  endsAt: string,
  now: Date,
  rules: ExpiryRules,
): { readonly first: string; readonly last: string } | undefined {
  const first = reminderDay(now, rules).add({ days: 1 });
  const last = dayOf(endsAt, rules.timeZone);
  if (daysBetween(first, last) < 0) return undefined;
  return { first: first.toString(), last: last.toString() };
}

// Before the hour of the day at which reminders come, it is still the day before.
function reminderDay(now: Date, { timeZone, at }: ExpiryRules): Temporal.PlainDate {
  const clock = wallClock(now, timeZone);
  const isEarly = clock.hour * 60 + clock.minute < at;
  return clock.toPlainDate().subtract({ days: isEarly ? 1 : 0 });
}

function dayOf(moment: Date | string, timeZone: string): Temporal.PlainDate {
  return wallClock(new Date(moment), timeZone).toPlainDate();
}

function daysBetween(from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  return from.until(to).days;
}

/**
 * The day on which this week's digest was due: the last one of that weekday, by now or before.
 * @param weekday 1 is Monday, 7 is Sunday
 */
export function digestDay(now: Date, rules: ExpiryRules, weekday: number): string {
  const today = reminderDay(now, rules);
  return today.subtract({ days: (today.dayOfWeek - weekday + 7) % 7 }).toString();
}
