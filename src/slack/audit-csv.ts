import type { AuditEntry } from '../domain/audit.ts';

const COLUMNS = ['sequence', 'at', 'action', 'actor', 'actor name', 'request', 'cluster', 'detail', 'hash'];

/**
 * Entries of the audit log as CSV (RFC 4180), the oldest first.
 * @param names what people are called, by Slack user id
 */
export function auditCsv(entries: readonly AuditEntry[], names: ReadonlyMap<string, string>): string {
  const rows = entries
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ sequence, at, action, actor, requestId, cluster, detail, hash }) => [
      String(sequence),
      at,
      action,
      actor,
      names.get(actor) ?? '',
      requestId ?? '',
      cluster ?? '',
      detail === undefined ? '' : JSON.stringify(detail),
      hash,
    ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

// A cell that begins like a formula is one for a spreadsheet: the quote makes it text.
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
