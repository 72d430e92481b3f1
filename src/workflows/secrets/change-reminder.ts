import type { AuditEvent } from '../../domain/audit/audit.ts';
import type { Json } from '../../domain/json.ts';
import type { Reminder } from '../../domain/secrets/reminder.ts';
import type { World } from '../../ports/world.ts';
import { clusterOf, showReminder } from './show-reminder.ts';

type Ports = Pick<World, 'rules' | 'people' | 'notifier' | 'reminders' | 'clock'>;

/**
 * Writes a reminder as a compare-and-set, together with its audit event, and shows it.
 * @returns whether it was written; if not, another process was faster
 */
export async function changeReminder(
  world: Ports,
  next: Reminder,
  event: {
    readonly action: string;
    readonly actor: string;
    readonly detail?: { readonly [key: string]: Json };
  },
): Promise<boolean> {
  const outcome = await world.reminders.replace(next, next.version - 1, auditEvent(next, event));
  if (outcome === 'conflict') return false;
  await showReminder(world, next);
  return true;
}

function auditEvent(
  { application, credential, purpose }: Reminder,
  { action, actor, detail }: Pick<AuditEvent, 'action' | 'actor' | 'detail'>,
): AuditEvent {
  const cluster = clusterOf(purpose);
  const what = { application: application.clientId, key: credential.keyId, ends: credential.endsAt };
  return { action, actor, detail: { ...what, ...detail }, ...(cluster !== undefined && { cluster }) };
}
