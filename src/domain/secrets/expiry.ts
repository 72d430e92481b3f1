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

const DAY_MS = 86_400_000;

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
  const end = dayOf(new Date(endsAt), rules.timeZone);
  const left = end - reminderDay(now, rules);
  if (left <= 0) return -left <= rules.dailyAfter ? left : undefined;
  // When a snooze ends, people are reminded although no threshold falls on that day.
  const awake = snooze === undefined ? undefined : end - dayNumber(snooze.until);
  if (awake !== undefined && left > awake) return undefined;
  const due = [...rules.remindBefore, ...(awake === undefined ? [] : [awake])].filter((days) => left <= days);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** How many days of the calendar are left; 0 on the day itself, negative after it. */
export function daysLeft(endsAt: string, now: Date, timeZone: string): number {
  return dayOf(new Date(endsAt), timeZone) - dayOf(now, timeZone);
}

/** The first and last day to which a credential's reminder can be put off; undefined when it is too late for that. */
export function snoozeDays(
  endsAt: string,
  now: Date,
  rules: ExpiryRules,
): { readonly first: string; readonly last: string } | undefined {
  const first = reminderDay(now, rules) + 1;
  const last = dayOf(new Date(endsAt), rules.timeZone);
  return first > last ? undefined : { first: dayText(first), last: dayText(last) };
}

// Before the hour of the day at which reminders come, it is still the day before.
function reminderDay(now: Date, { timeZone, at }: ExpiryRules): number {
  const { day, minutes } = calendar(now, timeZone);
  return minutes >= at ? day : day - 1;
}

function dayOf(moment: Date, timeZone: string): number {
  return calendar(moment, timeZone).day;
}

/** A day of the calendar as a number: days since the beginning of 1970. */
function dayNumber(text: string): number {
  return Math.round(Date.parse(`${text}T00:00:00Z`) / DAY_MS);
}

function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function calendar(moment: Date, timeZone: string): { day: number; minutes: number } {
  const known = formats.get(timeZone);
  const format = known ?? new Intl.DateTimeFormat('en-US', { ...PARTS, timeZone });
  if (known === undefined) formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const midnight = Date.UTC(part('year'), part('month') - 1, part('day'));
  return { day: midnight / DAY_MS, minutes: part('hour') * 60 + part('minute') };
}

const PARTS = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
} as const satisfies Intl.DateTimeFormatOptions;

/**
 * The day on which this week's digest was due: the last one of that weekday, by now or before.
 * @param weekday 1 is Monday, 7 is Sunday
 */
export function digestDay(now: Date, rules: ExpiryRules, weekday: number): string {
  const today = reminderDay(now, rules);
  // The first day of 1970 was a Thursday.
  const since = (((today + 3 - (weekday - 1)) % 7) + 7) % 7;
  return dayText(today - since);
}
