import { dayAt } from '../calendar.ts';

/** One sign-in at an application, as the tenant's log has it; whose it was is known by object ID only. */
export interface SignInRecord {
  readonly id: string;
  /** ISO time. */
  readonly at: string;
  /** Object ID of the person; two attempts of one person are told from two people by it, and by nothing else. */
  readonly personId: string;
  /** The same in all that belongs to one attempt: the password, the second factor, the end. */
  readonly correlationId: string;
  /** Set if Conditional Access demanded a second factor, and it was satisfied. */
  readonly secondFactor?: true;
  /** Set where it failed or was interrupted. */
  readonly failure?: {
    /** `AADSTS50105` */
    readonly code: string;
    /** What happened, and what to do, in words. */
    readonly message: string;
    readonly hint: string;
    /** Names of the Conditional Access policies that it did not satisfy. */
    readonly policies: readonly string[];
  };
}

/** The failures of one day at one cluster's application, by cause; it holds nobody's name. */
export interface SignInFailures {
  readonly cluster: string;
  /** `2026-11-24`, in the configured time zone. */
  readonly day: string;
  /** Grows with each change. */
  readonly version: number;
  readonly causes: readonly SignInCause[];
  /** The log's ids of what was counted, so that nothing counts twice. */
  readonly counted: readonly string[];
}

export interface SignInCause {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly policies: readonly string[];
  readonly failures: number;
  /** Object IDs. */
  readonly people: readonly string[];
  /** ISO time. */
  readonly lastAt: string;
}

// Entra writes a line at each step of a sign-in: these mean that it was not over yet, or that somebody mistyped.
const STEPS: ReadonlySet<string> = new Set(
  [
    16000, 50055, 50058, 50072, 50074, 50076, 50079, 50125, 50126, 50127, 50129, 50140, 50144, 65001, 500121,
  ].map((code) => `AADSTS${code}`),
);
const SETTLE_MS = 10 * 60_000;
// What a card can hold; on a day with more than that nobody counts any more.
const MOST_COUNTED = 2_000;

/**
 * The failures that are over: a step or a slip counts only if the person did not get in within ten minutes.
 * @param now steps younger than ten minutes wait for the next look
 */
export function failuresIn(records: readonly SignInRecord[], now: Date): SignInRecord[] {
  const successes = records.filter(({ failure }) => failure === undefined);
  const gotIn = ({ personId, correlationId, at }: SignInRecord): boolean =>
    successes.some(
      (success) =>
        success.personId === personId &&
        (success.correlationId === correlationId || isSoonAfter(at, success.at)),
    );
  return records.filter((record) => {
    if (record.failure === undefined) return false;
    if (!STEPS.has(record.failure.code)) return true;
    return now.getTime() - Date.parse(record.at) >= SETTLE_MS && !gotIn(record);
  });
}

/** How `uselessIn` marks them: Entra has no code for what it does not see as a failure. */
const NOT_IN_A_GROUP = 'not-in-a-group';

/**
 * Sign-ins that Entra let through and that K10 then has nothing for: whoever is in none of the groups sees no application.
 * Only young ones: somebody may have been in a group when they signed in, and not be any more.
 * @param members object IDs of everybody in the groups
 */
export function signInsWithoutGroup(
  records: readonly SignInRecord[],
  members: ReadonlySet<string>,
  now: Date,
): SignInRecord[] {
  return records
    .filter(({ failure, personId }) => failure === undefined && !members.has(personId))
    .filter(({ at }) => now.getTime() - Date.parse(at) < SETTLE_MS)
    .map((record) => ({
      ...record,
      failure: {
        code: NOT_IN_A_GROUP,
        message: 'They signed in, but are in none of the groups of this cluster, so K10 shows them nothing.',
        hint: '/kasten access asks for access for a time; whoever needs it for good is added to the group in Entra.',
        policies: [],
      },
    }));
}

function isSoonAfter(at: string, success: string): boolean {
  const wait = Date.parse(success) - Date.parse(at);
  return wait >= 0 && wait < SETTLE_MS;
}

/** The day's failures with those of these counted in that fall on it; undefined where none of them is new. */
export function countedIn(
  before: SignInFailures,
  records: readonly SignInRecord[],
  timeZone: string,
): { readonly failures: SignInFailures; readonly fresh: readonly SignInRecord[] } | undefined {
  const known = new Set(before.counted);
  const fresh = records
    .filter(({ id, at }) => !known.has(id) && dayAt(new Date(at), timeZone) === before.day)
    .slice(0, MOST_COUNTED - known.size);
  if (fresh.length === 0) return undefined;
  const causes = new Map(before.causes.map((cause) => [cause.code, cause]));
  for (const record of fresh) {
    const { failure } = record;
    if (failure !== undefined)
      causes.set(failure.code, withOneMore(causes.get(failure.code), failure, record));
  }
  const failures: SignInFailures = {
    ...before,
    version: before.version + 1,
    causes: [...causes.values()].toSorted((a, b) => b.failures - a.failures),
    counted: [...before.counted, ...fresh.map(({ id }) => id)],
  };
  return { failures, fresh };
}

function withOneMore(
  before: SignInCause | undefined,
  failure: NonNullable<SignInRecord['failure']>,
  { at, personId }: SignInRecord,
): SignInCause {
  const { code, message, hint } = failure;
  return {
    code,
    message,
    hint,
    policies: [...new Set([...(before?.policies ?? []), ...failure.policies])],
    failures: (before?.failures ?? 0) + 1,
    people: [...new Set([...(before?.people ?? []), personId])],
    lastAt: before === undefined || before.lastAt < at ? at : before.lastAt,
  };
}

/** A day, such as `2026-11-24`, on which nothing has failed yet. */
export function emptyDay(cluster: string, day: string): SignInFailures {
  return { cluster, day, version: 0, causes: [], counted: [] };
}

/** The id of a day's card. */
export function signInCardId({ cluster, day }: Pick<SignInFailures, 'cluster' | 'day'>): string {
  return `sign-in-${cluster}-${day}`;
}

/** Cluster and day of the failures that a card shows; undefined if it is another card. */
export function signInsOfCard(cardId: string): Pick<SignInFailures, 'cluster' | 'day'> | undefined {
  const [, cluster, day] = /^sign-in-(.+)-(\d{4}-\d{2}-\d{2})$/.exec(cardId) ?? [];
  return cluster === undefined || day === undefined ? undefined : { cluster, day };
}
