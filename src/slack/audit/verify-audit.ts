import type { Front } from '../front.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import { sentence } from '../teaching.ts';
import { auditMessage } from './verify-message.ts';

/** Whether the audit log is as it was written; for operators. */
export async function tellAudit(front: Front, actor: Actor): Promise<void> {
  if (!front.world.rules.operators.includes(actor.user)) {
    await replyPrivately(
      front,
      actor,
      sentence('Only the operators in the configuration can verify the audit log.'),
    );
    return;
  }
  await replyPrivately(front, actor, auditMessage(await front.world.audit.verify()));
}
