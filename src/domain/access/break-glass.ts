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
