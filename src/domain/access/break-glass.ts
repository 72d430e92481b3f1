/** What is remembered of one person's break-glass. */
export interface BreakGlassRecord {
  /** Grows by one with each change: the compare-and-set looks at it; 0 where nothing is stored. */
  readonly version: number;
  /** What the person took of late, oldest first. */
  readonly taken: readonly Taken[];
  /** Since when and why it is shut to the person. */
  readonly shut?: Shut;
}

export interface Taken {
  readonly requestId: string;
  readonly cluster: string;
  /** ISO time. */
  readonly at: string;
}

export interface Shut {
  /** Slack user id of the operator. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
  /** As it was typed. */
  readonly reason: string;
}

/** What became of one taking. */
export interface TakenAccess extends Taken {
  /** Whether it is being given or runs, failed and can be tried again, gave nothing, or when it ended (ISO time). */
  readonly end: 'open' | 'failed' | 'nothing' | { readonly at: string };
}

/** Why a person cannot take it now. */
export type TakingRefusal =
  | { readonly why: 'open' | 'failed'; readonly requestId: string }
  /** Until when (ISO time) to wait. */
  | { readonly why: 'pause' | 'per-day'; readonly until: string };

const DAY_MS = 24 * 3_600_000;

/**
 * Why a person cannot take it on a cluster now; undefined if they can. What gave nothing does not count, but what can be
 * tried again is open: else each that failed would give one once Entra is back.
 */
export function refusalToTake(
  taken: readonly TakenAccess[],
  cluster: string,
  { pause, perDay }: { readonly pause: number; readonly perDay: number },
  now: Date,
): TakingRefusal | undefined {
  const counting = taken.filter(({ end }) => end !== 'nothing');
  const here = counting.filter((one) => one.cluster === cluster);
  for (const { end, requestId } of here) {
    if (end === 'open' || end === 'failed') return { why: end, requestId };
  }
  const ends = here.flatMap(({ end }) => (typeof end === 'object' ? [Date.parse(end.at)] : []));
  const waitsUntil = Math.max(0, ...ends) + pause;
  if (waitsUntil > now.getTime()) return { why: 'pause', until: new Date(waitsUntil).toISOString() };
  const today = counting.map(({ at }) => Date.parse(at) + DAY_MS).filter((until) => until > now.getTime());
  const next = today.toSorted((a, b) => a - b)[today.length - perDay];
  return next === undefined ? undefined : { why: 'per-day', until: new Date(next).toISOString() };
}

/** What a person took, whichever of their accounts it is noted under. */
export function takenBy(records: readonly BreakGlassRecord[]): Taken[] {
  const all = records.flatMap(({ taken }) => taken);
  return [...new Map(all.map((one) => [one.requestId, one])).values()];
}

const KEPT_MS = 7 * 24 * 3_600_000;

/** What is known of a person who has never taken it. */
export const NEVER_TAKEN: BreakGlassRecord = { version: 0, taken: [] };

/** The record with one more taking; those older than a week go. */
export function taking(record: BreakGlassRecord, taken: Taken): BreakGlassRecord {
  const since = Date.parse(taken.at) - KEPT_MS;
  const kept = record.taken.filter(({ at }) => Date.parse(at) >= since);
  return { ...record, version: record.version + 1, taken: [...kept, taken] };
}

/** The record of a person to whom it is shut from now on. */
export function shut(record: BreakGlassRecord, by: Shut): BreakGlassRecord {
  return { ...record, version: record.version + 1, shut: by };
}

/** The record of a person to whom it is open again. */
export function opened({ shut: _shut, ...record }: BreakGlassRecord): BreakGlassRecord {
  return { ...record, version: record.version + 1 };
}
