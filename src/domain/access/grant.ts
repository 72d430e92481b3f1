import { KastellanError } from '../errors.ts';
import type { EntraAccount } from '../person.ts';
import { type GroupUse, isSameUse } from '../setup/group-use.ts';
import type { ServedAt } from '../setup/naming.ts';

/**
 * `granting`: noted before the member is added, and not read back yet; `active`: read back from Entra; `ending`: is to be
 * taken back now; `ended`: final, unless Entra brings the membership back with a deleted account.
 */
type GrantState = 'granting' | 'active' | 'ending' | 'ended';

/** States in which nobody has ended it. */
const GOING_ON: readonly GrantState[] = ['granting', 'active'];

/** States in which the membership is, or may be, in Entra. */
const LIVE_STATES: readonly GrantState[] = [...GOING_ON, 'ending'];

/** `expired`: its time is over; `done`: who had it needs it no longer; `prolonged`: a longer one took its place. */
export type EndReason = 'expired' | 'done' | 'revoked' | 'prolonged' | 'rolled-back';

/** Why a grant ends, who wanted it, and when that was said. */
export interface GrantEnd {
  readonly why: EndReason;
  /** Slack user id, or `kastellan`. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
  /** As it was typed. */
  readonly reason?: string;
}

/** What became of the membership when a grant ended. */
export type Removal =
  /** `was-gone`: somebody else had taken it away; `account-gone`: the account is deleted in Entra, and it went with it. */
  | { readonly membership: 'removed' | 'was-gone' | 'account-gone' | 'kept-from-before' }
  /** `for`: the grant that goes on; `elsewhere`: where and until when (ISO time), where it is no grant of this level here. */
  | {
      readonly membership: 'kept-for-other';
      readonly for: string;
      readonly elsewhere?: GroupUse & { readonly until: string };
    };

export interface Review {
  /** Slack user id. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
  /** Whether it was right to do. */
  readonly verdict: 'right' | 'wrong';
  /** As it was typed. */
  readonly note: string;
  /** The Entra accounts of that person; absent in what was stored before they were looked up. */
  readonly accounts?: readonly EntraAccount[];
}

/** What has to be looked at afterwards. */
interface Reviews {
  /** How many different people have to look. */
  readonly required: number;
  readonly given: readonly Review[];
  /** How often reviewers were asked, and when last. */
  readonly asked: number;
  /** ISO time. */
  readonly askedAt: string;
}

/** A membership that Kastellan gave, with an end. */
export interface Grant {
  /** The request's id: each request gives one grant. */
  readonly id: string;
  /** Grows by one with each change: the compare-and-set looks at it. */
  readonly version: number;
  readonly state: GrantState;
  readonly cluster: string;
  readonly level: string;
  /** Slack user ids. */
  readonly beneficiary: string;
  readonly asker: string;
  readonly approvers: readonly string[];
  /** As it was typed. */
  readonly reason: string;
  readonly breakGlass: boolean;
  /** Who and what it is in Entra. */
  readonly person: { readonly objectId: string; readonly name: string };
  readonly group: { readonly objectId: string; readonly name: string };
  /** Where else the group let them in when it was given, because it is shared. */
  readonly alsoOn?: readonly GroupUse[];
  /** Where the person signs in, if that is known. */
  readonly dashboard?: ServedAt;
  /** Whether the membership was there before Kastellan gave it: then it stays. */
  readonly before: 'absent' | 'present';
  /** Milliseconds. */
  readonly durationMs: number;
  /** The grant whose place it takes, unless that one ends later. */
  readonly prolongs?: string;
  /** When that grant ends by plan, if that is later: it goes on. ISO time. */
  readonly heldUntil?: string;
  /** ISO times: noted; read back from Entra; its end, which is counted from the reading back; taken back and read back. */
  readonly createdAt: string;
  readonly grantedAt?: string;
  readonly endsAt: string;
  readonly endedAt?: string;
  readonly end?: GrantEnd;
  /** Noted before the member is removed: who finds them gone after that knows who did it. */
  readonly removalBegunAt?: string;
  readonly removal?: Removal;
  /** Until when Entra may bring the membership back with its deleted account, and Kastellan looks for that. ISO time. */
  readonly restorableUntil?: string;
  /** When it was seen to be back, after the grant had ended, with an account that somebody restored. ISO time. */
  readonly cameBackAt?: string;
  /** Whether the level's bindings rest since then, so that the cluster refuses in open sessions, too. */
  readonly refusedAtOnce?: boolean;
  /** Milliseconds between the moment it should have ended and the moment it was seen to have. */
  readonly lateMs?: number;
  /** Why it could not be taken back so far. */
  readonly problem?: string;
  readonly reviews?: Reviews;
}

/** Whether the grant's membership is, or may be, in Entra. */
export function isLive(grant: Pick<Grant, 'state'>): boolean {
  return LIVE_STATES.includes(grant.state);
}

/** Whether somebody has a grant, or is being given it, and nobody has ended it. */
export function isActive(grant: Pick<Grant, 'state'>): boolean {
  return GOING_ON.includes(grant.state);
}

/** Whether a grant is to be taken back at this moment. */
export function isDue(grant: Pick<Grant, 'state' | 'endsAt'>, now: Date): boolean {
  if (grant.state === 'ending') return true;
  return isLive(grant) && Date.parse(grant.endsAt) <= now.getTime();
}

// Processes' clocks differ by seconds; a grant that outlasts its time by more was given before a clock was set back.
const CLOCKS_DIFFER_MS = 60_000;

/** Whether a grant would last longer from this moment on than was approved. */
export function outlastsApproval(
  { endsAt, durationMs }: Pick<Grant, 'endsAt' | 'durationMs'>,
  now: Date,
): boolean {
  return Date.parse(endsAt) - now.getTime() > durationMs + CLOCKS_DIFFER_MS;
}

/**
 * When a grant should have ended, in epoch milliseconds: at its time, or when somebody ended it earlier; where it came back
 * after that, when it was seen to be back.
 */
export function dueAt({ endsAt, end, cameBackAt }: Pick<Grant, 'endsAt' | 'end' | 'cameBackAt'>): number {
  if (cameBackAt !== undefined) return Date.parse(cameBackAt);
  return Math.min(Date.parse(endsAt), end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end.at));
}

/** Whether the membership left Entra with the grant's end, or before it. */
export function isOut({ removal }: Pick<Grant, 'removal'>): boolean {
  const { membership } = removal ?? {};
  return membership === 'removed' || membership === 'was-gone' || membership === 'account-gone';
}

/** Whether two grants are about the same membership; clusters may share one group. */
export function sameMembership(
  a: Pick<Grant, 'person' | 'group'>,
  b: Pick<Grant, 'person' | 'group'>,
): boolean {
  return a.person.objectId === b.person.objectId && a.group.objectId === b.group.objectId;
}

// Entra may show a member for a while whom Kastellan has just removed and seen gone.
const AFTERGLOW_MS = 120_000;

// Entra keeps a deleted account for 30 days, and restores it with its memberships
// (https://learn.microsoft.com/entra/fundamentals/users-restore).
const RESTORABLE_MS = 30 * 24 * 3_600_000;
// What belongs to an account that is there again may show minutes after it.
const SHOWN_WITHIN_MS = 15 * 60_000;

/** What there is around one membership. */
export interface MembershipContext {
  /** Every other grant of the same membership, ended ones too. */
  readonly others: readonly Grant[];
  /** Whether the person is on the group's roster: belongs there for good. */
  readonly belongs: boolean;
  readonly now: Date;
}

/**
 * Whether a membership was there before Kastellan gave it. One that is there because of another grant was not, also where
 * Entra has brought it back with a restored account, and one that was removed a moment ago is not there any more, whatever
 * Entra shows.
 * @param isMember what Entra shows now
 */
export function membershipBefore(
  isMember: boolean,
  { others, belongs, now }: MembershipContext,
): Grant['before'] {
  if (!isMember) return 'absent';
  if (belongs) return 'present';
  const live = others.filter(isLive);
  if (live.length > 0) return live.some(({ before }) => before === 'absent') ? 'absent' : 'present';
  if (others.some(({ restorableUntil }) => restorableUntil !== undefined)) return 'absent';
  const justRemoved = others.some(
    ({ removal, endedAt }) =>
      removal?.membership === 'removed' &&
      // A clock that was set back makes it an end that is still to come: that was not a moment ago.
      Math.abs(now.getTime() - Date.parse(endedAt ?? '')) < AFTERGLOW_MS,
  );
  return justRemoved ? 'absent' : 'present';
}

/**
 * What has to become of the membership when a grant ends: it is removed unless it was there before, belongs there for good
 * by now, or another grant of it lasts longer.
 */
export function removalOf(grant: Grant, { others, belongs, now }: MembershipContext): Removal {
  if (grant.before === 'present' || belongs) return { membership: 'kept-from-before' };
  const running = others
    .filter((other) => isLive(other) && !isDue(other, now))
    .toSorted((a, b) => Date.parse(b.endsAt) - Date.parse(a.endsAt));
  const [longest] = running;
  if (longest === undefined) return { membership: 'removed' };
  // What they hold here anyway is the better reason, though something elsewhere may last even longer.
  const here = running.find((other) => isSameUse(other, grant));
  if (here !== undefined) return { membership: 'kept-for-other', for: here.id };
  const { id, cluster, level, endsAt } = longest;
  return { membership: 'kept-for-other', for: id, elsewhere: { cluster, level, until: endsAt } };
}

/**
 * Where a grant that has ended goes on all the same, because its group is shared with a level elsewhere at which another
 * one runs; undefined where the access is over.
 */
export function remainsVia({
  removal,
  refusedAtOnce,
}: Pick<Grant, 'removal' | 'refusedAtOnce'>): (GroupUse & { readonly until: string }) | undefined {
  return removal?.membership === 'kept-for-other' && refusedAtOnce !== true ? removal.elsewhere : undefined;
}

/**
 * The grant once its membership was read back: its time is counted from now on.
 * @param at ISO time
 * @throws KastellanError `grant.wrong-state`
 */
export function granted(grant: Grant, at: string): Grant {
  return move(grant, ['granting'], {
    state: 'active',
    grantedAt: at,
    endsAt: later(at, grant.durationMs),
  });
}

/**
 * The grant with all the time that was approved counted from now on: how much has passed nobody can tell any more.
 * @param at ISO time
 * @throws KastellanError `grant.wrong-state`
 */
export function shortened(grant: Grant, at: string): Grant {
  return move(grant, GOING_ON, { endsAt: later(at, grant.durationMs) });
}

/**
 * The grant that is to be taken back now.
 * @throws KastellanError `grant.wrong-state`
 */
export function ending(grant: Grant, end: GrantEnd): Grant {
  return move(grant, GOING_ON, { state: 'ending', end });
}

/**
 * The grant whose membership is about to be removed.
 * @param at ISO time
 * @throws KastellanError `grant.wrong-state`
 */
export function removing(grant: Grant, end: GrantEnd, at: string): Grant {
  return move(grant, LIVE_STATES, { state: 'ending', end, removalBegunAt: at });
}

/**
 * The grant whose membership was dealt with, and seen to be, at this ISO time.
 * @throws KastellanError `grant.wrong-state`
 */
export function ended(
  grant: Grant,
  {
    removal,
    refusedAtOnce,
    end,
    at,
  }: Pick<Required<Grant>, 'removal' | 'refusedAtOnce' | 'end'> & { readonly at: string },
): Grant {
  // Who asked for an earlier end must not find it on time only because the planned one is still to come.
  const lateMs = Math.max(0, Date.parse(at) - dueAt({ ...grant, end }));
  const { problem: _solved, ...rest } = grant;
  return move(rest, LIVE_STATES, {
    state: 'ended',
    end,
    removal,
    refusedAtOnce,
    endedAt: at,
    lateMs,
    ...(removal.membership === 'account-gone' && { restorableUntil: later(at, RESTORABLE_MS) }),
  });
}

/**
 * The ended grant whose membership Entra has brought back with its account: it is to be taken back once more.
 * @param at ISO time
 * @throws KastellanError `grant.wrong-state`
 */
export function reappeared(grant: Grant, at: string): Grant {
  const { restorableUntil: _found, removalBegunAt: _before, ...rest } = grant;
  return move(rest, ['ended'], { state: 'ending', cameBackAt: at });
}

/**
 * The ended grant after a look that did not find its membership back: it is watched until Entra cannot restore the account
 * any more, or, where the account is there again without it, for the minutes in which it may still show. Undefined where
 * nothing has changed.
 * @param isThere whether Entra has the account again
 * @throws KastellanError `grant.wrong-state`
 */
export function notBack(grant: Grant, isThere: boolean, now: Date): Grant | undefined {
  const { restorableUntil, ...unwatched } = grant;
  if (restorableUntil === undefined) return undefined;
  const at = now.toISOString();
  if (restorableUntil <= at) return move(unwatched, ['ended'], {});
  const soon = later(at, SHOWN_WITHIN_MS);
  return isThere && soon < restorableUntil ? move(grant, ['ended'], { restorableUntil: soon }) : undefined;
}

/**
 * The grant that could not be taken back, with what stood in the way.
 * @throws KastellanError `grant.wrong-state`
 */
export function revocationFailed(grant: Grant, problem: string): Grant {
  return move(grant, LIVE_STATES, { problem });
}

/**
 * The grant with one review more.
 * @throws KastellanError `grant.wrong-state`
 */
export function reviewed(grant: Grant, review: Review): Grant {
  const { reviews } = grant;
  if (reviews === undefined) throw wrongState(grant, 'reviewed');
  return move(grant, [grant.state], { reviews: { ...reviews, given: [...reviews.given, review] } });
}

/**
 * The grant whose reviewers were asked again.
 * @param at ISO time
 * @throws KastellanError `grant.wrong-state`
 */
export function askedForReview(grant: Grant, at: string): Grant {
  const { reviews } = grant;
  if (reviews === undefined) throw wrongState(grant, 'reviewed');
  return move(grant, [grant.state], { reviews: { ...reviews, asked: reviews.asked + 1, askedAt: at } });
}

/** How many different people still have to look at a grant that was given without asking. */
export function missingReviews({ reviews }: Pick<Grant, 'reviews'>): number {
  if (reviews === undefined) return 0;
  return Math.max(0, reviews.required - new Set(reviews.given.map(({ by }) => by)).size);
}

function move(grant: Grant, from: readonly GrantState[], patch: Partial<Grant>): Grant {
  if (!from.includes(grant.state)) throw wrongState(grant, patch.state ?? grant.state);
  return { ...grant, ...patch, version: grant.version + 1 };
}

function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString();
}

function wrongState({ id, state }: Grant, wanted: string): KastellanError {
  return new KastellanError({
    code: 'grant.wrong-state',
    message: `Grant ${id} is ${state} and cannot become ${wanted}.`,
  });
}
