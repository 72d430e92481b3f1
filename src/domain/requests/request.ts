import type { AccessSpec } from '../access/access.ts';
import { KastellanError } from '../errors.ts';
import type { EntraAccount } from '../person.ts';
import type { RotationSpec } from '../secrets/rotation.ts';
import type { SetupSpec } from '../setup/setup.ts';
import type { FirstSignIn } from '../status/first-sign-in.ts';
import type { TeardownSpec } from '../teardown/teardown.ts';
import type { BatchSpec } from './batch.ts';
import type { NewMember, Plan } from './plan.ts';

/**
 * `planning`: the world is being observed; `pending`: a plan waits for a decision. Final states never revive.
 * `refused`: nothing was planned because the request cannot be carried out; `failed` waits for a person.
 */
export const REQUEST_STATES = [
  'planning',
  'refused',
  'pending',
  'denied',
  'withdrawn',
  'expired',
  'approved',
  'running',
  'done',
  'failed',
  'undoing',
  'undone',
  'needs-operator',
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

const NEXT: Readonly<Record<RequestState, readonly RequestState[]>> = {
  planning: ['pending', 'approved', 'done', 'refused', 'withdrawn'],
  refused: [],
  pending: ['approved', 'denied', 'withdrawn', 'expired', 'planning'],
  denied: [],
  withdrawn: [],
  expired: [],
  approved: ['running', 'planning', 'withdrawn', 'expired'],
  running: ['done', 'failed', 'planning', 'undoing'],
  done: [],
  failed: ['running', 'undoing', 'planning'],
  undoing: ['undone', 'needs-operator'],
  undone: [],
  'needs-operator': ['undoing'],
};

const STATE_WORDS: Readonly<Record<RequestState, string>> = {
  planning: 'being planned',
  refused: 'not possible as it was asked',
  pending: 'waiting for a decision',
  denied: 'denied',
  withdrawn: 'withdrawn',
  expired: 'expired',
  approved: 'approved',
  running: 'under way',
  done: 'done',
  failed: 'stopped and waiting for somebody',
  undoing: 'being rolled back',
  undone: 'rolled back',
  'needs-operator': 'rolled back in part and waiting for somebody',
};

/** A state as people read it, behind `is` or by itself. */
export function stateWords(state: RequestState): string {
  return STATE_WORDS[state];
}

/** States in which a worker has something to do: the sweep looks for these. */
export const WORKING_STATES: readonly RequestState[] = ['planning', 'approved', 'running', 'undoing'];

/** States in which nothing was begun yet. */
export const UNBEGUN_STATES: readonly RequestState[] = ['planning', 'pending', 'approved'];

/** States in which a request is over. `failed` and `needs-operator` are not: they wait for a person. */
export function isFinal(state: RequestState): boolean {
  return NEXT[state].length === 0;
}

/** States in which a request is not over. */
export const UNFINISHED_STATES = (Object.keys(NEXT) as RequestState[]).filter((state) => !isFinal(state));

/** States in which a request comes to its end by itself or by a decision; nobody has to mend anything first. */
export const OPEN_STATES: readonly RequestState[] = UNFINISHED_STATES.filter(
  (state) => state !== 'failed' && state !== 'needs-operator',
);

/** Stands for a person where the calendar asks. */
export const CALENDAR = 'kastellan';

export type Verdict = 'approve' | 'deny';

export interface Decision {
  /** Slack user id. */
  readonly by: string;
  readonly verdict: Verdict;
  /** ISO time. */
  readonly at: string;
  readonly reason?: string;
  /** Milliseconds, where access was approved for less than was asked. */
  readonly durationMs?: number;
  /** The Entra accounts of the person; absent in a denial, and in what was stored before they were looked up. */
  readonly accounts?: readonly EntraAccount[];
  /** ISO time at which it was seen that this person may not approve any more: the approval has not counted since. */
  readonly lapsedAt?: string;
}

/** Who asked, and who is given access, by all the Entra accounts that they have: the one that is used comes first. */
export interface RequestAccounts {
  /** Empty where the calendar asked. */
  readonly asker: readonly EntraAccount[];
  /** Empty where it is no request for access. */
  readonly beneficiary: readonly EntraAccount[];
}

/** That an operator revoked everything of a person, which ended this request. */
export interface Revocation {
  /** Slack user id. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
  /** As it was typed. */
  readonly reason: string;
  /** Slack user id of the person; absent in what earlier versions stored. */
  readonly person?: string;
}

/** What a person reads about a failure; it holds no secret. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly step?: string;
  /** Short text that finds this failure in logs and audit. */
  readonly reference: string;
}

export interface Proof {
  readonly name: string;
  readonly holds: boolean;
  readonly detail: string;
}

export interface Outcome {
  readonly proofs: readonly Proof[];
  /** What the done card says besides the proofs, a line each. */
  readonly lines: readonly string[];
  /** ISO time at which the client secret ends. */
  readonly secretEndsAt?: string;
  /** Absent if Kastellan cannot read Entra's sign-in log. */
  readonly firstSignIn?: FirstSignIn;
}

export interface StepTitle {
  readonly name: string;
  /** What people read: `Group Kasten Users`. */
  readonly title: string;
}

export interface RequestSpecs {
  readonly access: AccessSpec;
  readonly batch: BatchSpec;
  readonly setup: SetupSpec;
  readonly rotation: RotationSpec;
  readonly teardown: TeardownSpec;
}
export type RequestKind = keyof RequestSpecs;

/** A request of one kind; its kind says what its specification looks like. */
export interface RequestOf<Kind extends RequestKind> {
  /** Eight characters a person can read aloud. */
  readonly id: string;
  readonly kind: Kind;
  /** The cluster's name in the configuration; of a batch, how many there are: `8 clusters`. */
  readonly cluster: string;
  /** The id of the batch to which it belongs. */
  readonly batch?: string;
  readonly spec: RequestSpecs[Kind];
  readonly state: RequestState;
  /** Grows by one with each change: the compare-and-set looks at it. */
  readonly version: number;
  /** Slack user id. */
  readonly asker: string;
  /** Absent until somebody has to approve it. */
  readonly accounts?: RequestAccounts;
  /** Of a batch: who gets in for good by any of its parts. */
  readonly newMembers?: readonly NewMember[];
  /** ISO times. */
  readonly createdAt: string;
  readonly changedAt: string;
  /** Until when it can be decided on and begun, tried again included. Absent if nobody has to approve it, except for access. */
  readonly expiresAt?: string;
  /** ISO time at which the work began for the first time, and at which it ended. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly plan?: Plan;
  readonly planDigest?: string;
  /** The steps that carry the plan out, in the order in which people read them. */
  readonly steps?: readonly StepTitle[];
  readonly decisions: readonly Decision[];
  /** Decisions on plans that went stale: kept for the record, they no longer count. */
  readonly staleDecisions: readonly Decision[];
  /** How many different people have to approve. */
  readonly required: number;
  readonly failure?: Failure;
  readonly outcome?: Outcome;
  readonly revocation?: Revocation;
  /** What is left behind when undoing failed. */
  readonly leftovers?: readonly string[];
  /** How often approvers were reminded. */
  readonly reminders: number;
  /** The trace in which it was asked for, in the form of W3C Trace Context: all that is done for it belongs there. */
  readonly traceparent?: string;
  /** ISO time since which others may decide, too, because nobody did. */
  readonly escalatedAt?: string;
}

/** Something that a person, or the calendar, asked for. */
export type Request = { readonly [Kind in RequestKind]: RequestOf<Kind> }[RequestKind];

/** A request that has work of its own to do; that of a batch is done by its parts. */
export type WorkRequest = Exclude<Request, RequestOf<'batch'>>;

/** Whether a request is of this kind. */
export function ofKind<Kind extends RequestKind>(kind: Kind) {
  return (request: Request): request is Extract<Request, { readonly kind: Kind }> => request.kind === kind;
}

export type RequestPatch = Partial<Omit<Request, 'id' | 'kind' | 'cluster' | 'batch' | 'version'>>;

/**
 * The request after a step in its life; keys set to `undefined` are removed.
 * @param at ISO time
 * @throws KastellanError `request.wrong-state` where the states do not follow each other
 */
export function advance<R extends Request>(
  request: R,
  state: RequestState,
  at: string,
  patch: { [Key in keyof RequestPatch]?: RequestPatch[Key] | undefined } = {},
): R {
  if (state !== request.state && !NEXT[request.state].includes(state)) {
    throw new KastellanError({
      code: 'request.wrong-state',
      message: `Request ${request.id} is ${request.state} and cannot become ${state}.`,
    });
  }
  const next = { ...request, ...patch, state, changedAt: at, version: request.version + 1 };
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as R;
}
