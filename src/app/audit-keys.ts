import type { Settings } from '../config/load.ts';
import { type AuditKeys, auditKeys } from '../domain/audit/audit-key.ts';

/** The keys of the audit log that the environment names. */
export function openAuditKeys({ environment }: Settings): AuditKeys {
  return auditKeys(environment.KASTELLAN_AUDIT_KEY, environment.KASTELLAN_AUDIT_OLD_KEYS);
}
