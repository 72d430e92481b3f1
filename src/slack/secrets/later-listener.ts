import type { App, ViewSubmitAction } from '@slack/bolt';
import { submissionVisitor } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import { unreadable } from '../requests/buttons.ts';
import { readLater, readLaterMeta } from './later-modal.ts';

/** What was put off, until which day (`2026-12-05`) and why. */
interface PutOff {
  readonly id: string;
  readonly choice: { readonly until: string; readonly reason: string };
  readonly actor: Actor;
}

/**
 * Listens to a form that asks until when and why; mistakes are shown at their fields.
 * @param visitorOf who sent it, from what the form gives
 * @param task gives what the sender is told privately, if it does not count
 */
export function listenToLater(
  app: App,
  front: Front,
  guard: Guard,
  callback: string,
  visitorOf: (actor: Actor, id: string | undefined) => Actor,
  task: (putOff: PutOff) => Promise<SlackMessage | undefined>,
): void {
  app.view<ViewSubmitAction>(callback, async ({ ack, body, view }) => {
    const meta = readLaterMeta(view.private_metadata);
    const read = readLater(view.state.values, meta ?? { first: '', last: '' });
    if (meta !== undefined && 'errors' in read) {
      await ack({ response_action: 'errors', errors: read.errors });
      return;
    }
    await ack();
    const sender = visitorOf(submissionVisitor(body, meta?.channel), meta?.id);
    const actor = 'errors' in read ? sender : { ...sender, typed: read.reason };
    await guard.run(callback, actor, true, async () => {
      if (meta === undefined || 'errors' in read) throw unreadable();
      const told = await task({ id: meta.id, choice: read, actor: actor });
      if (told !== undefined) await replyPrivately(front, actor, told);
    });
  });
}
