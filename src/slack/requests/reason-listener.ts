import type { App, ViewSubmitAction } from '@slack/bolt';
import { aboutRequest, submissionVisitor } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { StateValues } from '../forms.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import type { Home } from '../status/home.ts';
import { unreadable } from './buttons.ts';
import { type ReasonMeta, readReason, readReasonMeta } from './reason-modal.ts';

/** What was decided in a form behind a button. */
interface Reasoned {
  readonly meta: ReasonMeta;
  readonly reason: string;
  readonly values: StateValues;
  readonly actor: Actor;
}

export type ListenToReason = (
  callback: string,
  task: (reasoned: Reasoned) => Promise<SlackMessage | undefined>,
) => void;

/** Listens to forms that want a reason: the form closes at once, and what did not count is told privately. */
export function reasonListener(app: App, front: Front, guard: Guard, home: Home): ListenToReason {
  return (callback, task) => {
    app.view<ViewSubmitAction>(callback, async ({ ack, body, view }) => {
      const meta = readReasonMeta(view.private_metadata);
      const read = readReason(view.state.values);
      if ('errors' in read) {
        await ack({ response_action: 'errors', errors: read.errors });
        return;
      }
      await ack();
      const sender = submissionVisitor(body, meta?.channel, meta?.home);
      const actor = { ...aboutRequest(front.world, sender, meta?.id), typed: read.reason };
      await guard.run(callback, actor, true, async () => {
        if (meta === undefined) throw unreadable();
        const told = await task({ meta, reason: read.reason, values: view.state.values, actor });
        if (told !== undefined) await replyPrivately(front, actor, told);
        if (actor.atHome) await home.show(actor.user);
      });
    });
  };
}
