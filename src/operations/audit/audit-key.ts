import { KastellanError } from '../../domain/errors.ts';
import type { Finding } from '../../ports/finding.ts';
import type { AuditLog } from '../../ports/stores.ts';

const HOW = 'Set KASTELLAN_AUDIT_KEY to what "openssl rand -base64 32" gives, the same for all processes.';

/** Whether new entries get a hash that only a process with the key can compute. */
export function auditKeyFinding(keyId: string | undefined): Finding {
  const subject = 'Audit key';
  if (keyId !== undefined) return { subject, verdict: 'good', detail: keyId };
  const detail = 'none: a person who writes into Redis can compute the hashes of the audit log anew';
  return { subject, verdict: 'optional', detail, fix: HOW };
}

/**
 * A process that lost its key would write entries that look as if a person had added them.
 * @throws KastellanError `audit.key-missing`
 */
export async function requireAuditKey(audit: AuditLog): Promise<void> {
  const [newest] = await audit.latest(1);
  if (audit.keyId !== undefined || newest?.keyId === undefined) return;
  throw new KastellanError({
    code: 'audit.key-missing',
    message: `The audit log has the key ${newest.keyId}, and this process has none.`,
    hint: 'Set KASTELLAN_AUDIT_KEY as it was. If that key is lost, set another one: new entries are verified with it.',
  });
}

/**
 * Lets the key of this process begin in a log whose newest entry has another one or none: what is there can no longer be
 * changed from then on, and every process that has an earlier key is found. Safe to repeat.
 */
export async function beginAuditKey(audit: AuditLog): Promise<void> {
  if (audit.keyId === undefined) return;
  const [newest] = await audit.latest(1);
  if (newest === undefined || newest.keyId === audit.keyId) return;
  await audit.append({ action: 'audit.key-begun', actor: 'kastellan', detail: { keyId: audit.keyId } });
}
