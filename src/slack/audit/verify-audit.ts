import { KastellanError, LATER } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { LogVerification } from '../../operations/audit/verify-log.ts';
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
  await replyPrivately(
    front,
    actor,
    auditMessage(asVerification(await front.ask({ kind: 'audit' }, actor.user))),
  );
}

// An earlier worker does not know the question and answers another one.
function asVerification(answer: Json): LogVerification {
  if (typeof answer === 'object' && answer !== null && 'intact' in answer)
    return answer as unknown as LogVerification;
  throw new KastellanError({
    code: 'audit.earlier-worker',
    message: 'A worker of an earlier version answered, which cannot verify the audit log.',
    hint: 'Ask again when the update is done.',
    retry: LATER,
  });
}
