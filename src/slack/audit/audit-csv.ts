import type { AuditEntry } from '../../domain/audit/audit.ts';
import { csv } from '../csv.ts';

const COLUMNS = ['sequence', 'at', 'action', 'actor', 'actor name', 'request', 'cluster', 'detail', 'hash'];

/**
 * Entries of the audit log as CSV (RFC 4180), the oldest first.
 * @param names what people are called, by Slack user id; others stand there with their ID
 */
export function auditCsv(entries: readonly AuditEntry[], names: ReadonlyMap<string, string>): string {
  const rows = entries
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ sequence, at, action, actor, requestId, cluster, detail, hash }) => [
      String(sequence),
      at,
      action,
      actor,
      names.get(actor) ?? actor,
      requestId ?? '',
      cluster ?? '',
      detail === undefined ? '' : JSON.stringify(detail),
      hash,
    ]);
  return csv(COLUMNS, rows);
}
