import { dayBegins } from '../calendar.ts';
import { CALENDAR, type RequestOf } from '../requests/request.ts';
import type { Policy } from '../requests/rules.ts';
import { isOpen, type RunWindow, type WindowRule, windowAt } from './rotation-window.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** How long before its window a rotation is announced; less than the half of it is too short a notice. */
const NOTICE_MS = DAY_MS;

/** When the calendar asks for rotations by itself. */
export interface AutoRotation {
  /** Milliseconds before the end of the client secret. */
  readonly before: number;
  readonly window: WindowRule;
}

/** Whether and when the calendar rotates on a cluster; undefined where it does not. */
export function autoRotation(
  { rotation, clusters }: Pick<Policy, 'rotation' | 'clusters'>,
  cluster: string,
): AutoRotation | undefined {
  const own = clusters.find(({ name }) => name === cluster)?.rotation;
  const before = own?.autoRotateBefore ?? rotation?.autoRotateBefore;
  const window = own?.rotate ?? rotation?.rotate;
  return before === undefined || before === 'never' || window === undefined ? undefined : { before, window };
}

export type CalendarStep =
  | { readonly do: 'nothing' }
  /** Asks for a rotation in this window, and announces it by that. */
  | { readonly do: 'ask'; readonly window: RunWindow }
  /** Says when a rotation that failed is tried again. */
  | { readonly do: 'plan-retry'; readonly window: RunWindow }
  | { readonly do: 'retry' }
  /** Takes back one that did not get to run in its window. */
  | { readonly do: 'give-up' };

/**
 * What the calendar has to do about one cluster now.
 * @param endsAt ISO time at which the client secret in use ends
 * @param last the newest rotation of this cluster, whoever asked for it
 */
export function calendarStep(
  now: Date,
  endsAt: string,
  rule: AutoRotation,
  last: RequestOf<'rotation'> | undefined,
): CalendarStep {
  switch (last?.state) {
    case 'failed':
      return afterFailure(now, rule, last);
    case 'approved':
      return isMissed(last, now) ? { do: 'give-up' } : { do: 'nothing' };
    case 'planning':
    case 'pending':
    case 'running':
    case 'undoing':
      return { do: 'nothing' };
    default: {
      const window = nextWindow(now, endsAt, rule, last);
      const announced = Date.parse(window.opens) - NOTICE_MS;
      return now.getTime() < announced ? { do: 'nothing' } : { do: 'ask', window };
    }
  }
}

/** Whether a request that may run has to wait for its window. */
export function waitsForWindow(request: RequestOf<'rotation'>, now: Date): boolean {
  const { window } = request.spec;
  return window !== undefined && request.state === 'approved' && !isOpen(window, now);
}

function isMissed({ spec: { window } }: RequestOf<'rotation'>, now: Date): boolean {
  return window !== undefined && Date.parse(window.closes) <= now.getTime();
}

// One that a person asked for waits for people; the calendar's own goes on by itself.
function afterFailure(now: Date, rule: AutoRotation, failed: RequestOf<'rotation'>): CalendarStep {
  const { window } = failed.spec;
  if (failed.asker !== CALENDAR || window === undefined) return { do: 'nothing' };
  const failedAt = new Date(failed.endedAt ?? failed.changedAt);
  const isNext = Date.parse(window.opens) > failedAt.getTime();
  if (!isNext || isMissed(failed, now)) {
    const after = Math.max(now.getTime(), Date.parse(window.closes));
    return { do: 'plan-retry', window: windowAt(rule.window, new Date(after)) };
  }
  return isOpen(window, now) ? { do: 'retry' } : { do: 'nothing' };
}

function nextWindow(
  now: Date,
  endsAt: string,
  rule: AutoRotation,
  last: RequestOf<'rotation'> | undefined,
): RunWindow {
  const end = Date.parse(endsAt);
  const due = dueAt(end, rule);
  const from = new Date(Math.max(now.getTime(), due, notBefore(last, rule, due)));
  const window = windowAt(rule.window, from);
  if (Date.parse(window.opens) - now.getTime() >= NOTICE_MS / 2) return window;
  const later = windowAt(rule.window, new Date(window.closes));
  return Date.parse(later.opens) < end ? later : window;
}

// Where the window opens once a week, the only one may come before the day that was asked for.
function dueAt(end: number, { before, window }: AutoRotation): number {
  const due = end - before;
  return Date.parse(windowAt(window, new Date(due)).closes) > end ? due - WEEK_MS : due;
}

// What came of the last one for this secret: put off by somebody, or its window is over.
function notBefore(last: RequestOf<'rotation'> | undefined, rule: AutoRotation, due: number): number {
  if (last === undefined) return 0;
  const { postponed, window } = last.spec;
  if (postponed !== undefined) return dayBegins(postponed.until, rule.window.timeZone).getTime();
  const isAboutThis = window !== undefined && Date.parse(window.closes) > due;
  return isAboutThis && last.state !== 'done' ? Date.parse(window.closes) : 0;
}
