import { asKastellanError, KastellanError } from '../../domain/errors.ts';
import type { AnchorPlace } from '../../ports/audit-anchors.ts';
import type { Finding } from '../../ports/finding.ts';
import type { AuditLog } from '../../ports/stores.ts';

const HOW = 'Set KASTELLAN_AUDIT_KEY to what "openssl rand -base64 32" gives, the same for all processes.';

/** What keeps the audit log from being changed unseen: its key, and each place in which it is anchored. */
export async function auditFindings(
  keyId: string | undefined,
  places: readonly AnchorPlace[],
): Promise<Finding[]> {
  return [
    auditKeyFinding(keyId),
    ...(await Promise.all(places.map(placeFinding))),
    ...noPlace(keyId, places),
  ];
}

// The key promises a log that cannot be changed from within Redis; without anchors that is not so.
function noPlace(keyId: string | undefined, places: readonly AnchorPlace[]): Finding[] {
  if (places.length > 0) return [];
  const detail =
    'none: a person who writes into Redis can remove the newest entries of the audit log, or replace all of it from entry 1 on, unseen';
  const fix = 'Set audit.anchors in kastellan.yaml; the chart does with audit.anchor.';
  return [{ subject: 'Audit anchors', verdict: keyId === undefined ? 'optional' : 'bad', detail, fix }];
}

async function placeFinding({ name, read }: AnchorPlace): Promise<Finding> {
  const subject = `Audit anchors in the ${name}`;
  if (read === undefined) return { subject, verdict: 'good', detail: 'written to it, not read from it' };
  try {
    const last = (await read()).at(-1);
    const detail = last === undefined ? 'none yet' : `up to entry ${last.sequence}, ${last.at}`;
    return { subject, verdict: 'good', detail };
  } catch (thrown) {
    const { message, hint } = asKastellanError(thrown);
    return { subject, verdict: 'bad', detail: message, fix: hint ?? 'Look at the logs.' };
  }
}

/** Whether new entries get a hash that only a process with the key can compute. */
function auditKeyFinding(keyId: string | undefined): Finding {
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
