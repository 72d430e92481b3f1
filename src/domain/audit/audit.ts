import { createHash } from 'node:crypto';
import type { Json } from '../json.ts';

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
  /** SHA-256 over everything above. */
  readonly hash: string;
}

const FIRST_HASH = '0'.repeat(64);

/** Puts an event behind the last entry of the chain. */
export function chainEntry(
  event: AuditEvent,
  at: string,
  last: { readonly sequence: number; readonly hash: string } | undefined,
): AuditEntry {
  const body = { ...event, at, sequence: (last?.sequence ?? 0) + 1, previous: last?.hash ?? FIRST_HASH };
  return { ...body, hash: entryHash(body) };
}

/** The hash an entry must have: over its keys in a fixed order, so that the way it was stored does not matter. */
function entryHash(entry: Omit<AuditEntry, 'hash'>): string {
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
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

export type ChainCheck =
  | { readonly intact: true; readonly entries: number; readonly lastHash: string }
  | { readonly intact: false; readonly sequence: number; readonly problem: string };

/** Walks entries that follow each other and says where the chain is broken, if it is. */
export async function checkChain(
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>,
): Promise<ChainCheck> {
  let sequence = 0;
  let hash = FIRST_HASH;
  for await (const entry of entries) {
    const { hash: written, ...body } = entry;
    const broken = (problem: string): ChainCheck => ({ intact: false, sequence: sequence + 1, problem });
    if (entry.sequence !== sequence + 1) return broken(`entry ${sequence + 1} is missing`);
    if (entry.previous !== hash) return broken('it does not follow the entry before');
    if (entryHash(body) !== written) return broken('its content was changed');
    sequence = entry.sequence;
    hash = written;
  }
  return { intact: true, entries: sequence, lastHash: hash };
}
