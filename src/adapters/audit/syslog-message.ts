import type { AuditEntry } from '../../domain/audit/audit.ts';

// Facility 13 (log audit), severity 5 (notice).
const PRIORITY = 13 * 8 + 5;
// Whose elements these are needs a private enterprise number; this is the one for those who have none (RFC 5612).
const SD_ID = 'kastellan@32473';
const MAX_MSGID = 32;

/**
 * One entry as RFC 5424 has it: its place, hash and persons as structured data, and the whole entry as JSON in the message.
 * @param hostname of the machine that sends
 * @see https://www.rfc-editor.org/rfc/rfc5424
 */
export function syslogMessage(entry: AuditEntry, hostname: string): string {
  const { sequence, at, previous, hash, keyId, actor, requestId, cluster } = entry;
  const values = { sequence: String(sequence), hash, previous, keyId, actor, request: requestId, cluster };
  const data = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replaceAll(/["\\\]]/g, '\\$&')}"`],
  );
  const header = `<${PRIORITY}>1 ${at} ${word(hostname, 255)} kastellan - ${word(entry.action, MAX_MSGID)}`;
  return `${header} [${SD_ID} ${data.join(' ')}] \uFEFF${JSON.stringify(entry)}`;
}

/** A message with its length in bytes before it. @see https://www.rfc-editor.org/rfc/rfc6587#section-3.4.1 */
export function counted(message: string): string {
  return `${Buffer.byteLength(message)} ${message}`;
}

// Header fields take printable ASCII without blanks.
function word(text: string, max: number): string {
  return text.replaceAll(/[^!-~]/g, '?').slice(0, max) || '-';
}
