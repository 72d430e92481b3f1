import { createHash } from 'node:crypto';
import type { Json } from '../json.ts';
import { AnchorComparison, type AnchorOf } from './anchor.ts';
import type { AuditKey, AuditKeys } from './audit-key.ts';
import { KeyChanges, type Keyed } from './key-changes.ts';

/** What happened, before it has its place in the chain. */
export interface AuditEvent {
  /** `request.created`, `request.approved`, `step.done`, `click.refused`, ... */
  readonly action: string;
  /** Slack user id, or `kastellan` where the calendar or a worker acted. */
  readonly actor: string;
  readonly requestId?: string;
  readonly cluster?: string;
  readonly detail?: { readonly [key: string]: Json };
}

export interface AuditEntry extends AuditEvent {
  /** 1, 2, 3, ... without gaps. */
  readonly sequence: number;
  /** ISO time. */
  readonly at: string;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
  /** Names the key of the hash; absent: the hash has none. */
  readonly keyId?: string;
  /** Over everything above: HMAC-SHA256 with the key, or SHA-256 without one. */
  readonly hash: string;
}

const FIRST_HASH = '0'.repeat(64);

/** Puts an event behind the last entry of the chain. */
export function chainEntry(
  event: AuditEvent,
  at: string,
  last: { readonly sequence: number; readonly hash: string } | undefined,
  key?: AuditKey,
): AuditEntry {
  const place = { at, sequence: (last?.sequence ?? 0) + 1, previous: last?.hash ?? FIRST_HASH };
  const body = { ...event, ...place, ...(key !== undefined && { keyId: key.id }) };
  return { ...body, hash: entryHash(body, key) };
}

/** The hash an entry must have: over its keys in a fixed order, so that the way it was stored does not matter. */
function entryHash(entry: Omit<AuditEntry, 'hash'>, key: AuditKey | undefined): string {
  const { sequence, at, previous, action, actor, requestId, cluster, detail } = entry;
  const fields = [
    sequence,
    at,
    previous,
    action,
    actor,
    requestId ?? null,
    cluster ?? null,
    sorted(detail ?? null),
  ];
  const text = JSON.stringify(fields);
  return key === undefined ? createHash('sha256').update(text).digest('hex') : key.mac(text);
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

export type ChainCheck =
  | {
      readonly intact: true;
      readonly entries: number;
      readonly lastHash: string;
      /** Absent where the newest entries have no key. */
      readonly keyed?: Keyed;
    }
  | { readonly intact: false; readonly sequence: number; readonly problem: string };

/** What a chain is checked against. */
export interface ChainChecks {
  /** Everything that entries were written with. */
  readonly keys: AuditKeys;
  readonly anchors: readonly AnchorOf[];
  readonly now: Date;
}

/** Walks entries that follow each other and says where the chain is broken, if it is. */
export async function checkChain(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
  { keys, anchors, now }: ChainChecks,
): Promise<ChainCheck> {
  const comparison = new AnchorComparison(anchors);
  const changes = new KeyChanges();
  let sequence = 0;
  let hash = FIRST_HASH;
  for await (const entry of entries) {
    if (entry.sequence !== sequence + 1) return broken(sequence + 1, `entry ${sequence + 1} is missing`);
    const problem = entryProblem(entry, hash, keys) ?? comparison.problemOf(entry);
    if (problem !== undefined) return broken(entry.sequence, problem);
    const late = changes.follow(entry);
    if (late !== undefined) return broken(late, WRONG_KEY);
    sequence = entry.sequence;
    hash = entry.hash;
  }
  const late = changes.lateAt(now.getTime());
  if (late !== undefined) return broken(late, WRONG_KEY);
  const missing = comparison.missingAfter(sequence);
  if (missing !== undefined) return broken(sequence + 1, missing);
  const { keyed } = changes;
  return { intact: true, entries: sequence, lastHash: hash, ...(keyed !== undefined && { keyed }) };
}

const WRONG_KEY =
  'it has no key, or an earlier one, although a newer key was in use; a process without KASTELLAN_AUDIT_KEY can be the cause, too';

function broken(sequence: number, problem: string): ChainCheck {
  return { intact: false, sequence, problem };
}

function entryProblem(entry: AuditEntry, previous: string, keys: AuditKeys): string | undefined {
  const { hash, ...body } = entry;
  if (entry.previous !== previous) return 'it does not follow the entry before';
  const key = entry.keyId === undefined ? undefined : keys.find(entry.keyId);
  if (entry.keyId !== undefined && key === undefined)
    return `it has the key ${entry.keyId}, which is not among KASTELLAN_AUDIT_KEY and KASTELLAN_AUDIT_OLD_KEYS`;
  return entryHash(body, key) === hash ? undefined : 'its content was changed';
}
