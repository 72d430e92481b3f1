import { durationText } from '../duration.ts';
import { KastellanError } from '../errors.ts';
import type { Journal } from './journal.ts';
import type { Decision, Request } from './request.ts';

const UNITS = 2;

/** Whether a request's deadline is over: nobody can decide on it any more, and what was approved is not begun any more. */
export function isPastDeadline({ expiresAt }: Pick<Request, 'expiresAt'>, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
}

/** The newest approval of the plan as it stands; undefined if nobody had to approve it, or nobody has. */
export function lastApproval({ decisions }: Pick<Request, 'decisions'>): Decision | undefined {
  return decisions.findLast(({ verdict, lapsedAt }) => verdict === 'approve' && lapsedAt === undefined);
}

/** How long ago a request was approved, in words: `1 d 2 h`; undefined if nobody has approved it. */
export function approvalAge(request: Pick<Request, 'decisions'>, now: Date): string | undefined {
  const approval = lastApproval(request);
  if (approval === undefined) return undefined;
  return durationText(Math.max(0, now.getTime() - Date.parse(approval.at)), UNITS);
}

/** Why a request is not begun, or not tried again: its approval holds no longer. Its code is `approval.expired`. */
export function approvalExpired(request: Pick<Request, 'decisions'>, now: Date): KastellanError {
  const age = approvalAge(request, now);
  return new KastellanError({
    code: 'approval.expired',
    message:
      age === undefined
        ? 'The time in which this could begin is over.'
        : `The approval is ${age} old, and the time in which this could begin is over.`,
    hint: 'Nothing more was done. Roll back what was done, or ask again.',
  });
}

/** Whether a process was interrupted in the middle of a step: that one is brought to its end after the deadline, too. */
export function wasInterrupted(journal: Journal): boolean {
  return Object.values(journal).some(({ state }) => state === 'started');
}
