import type { App, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/web-api';
import { aboutRequest, submissionVisitor } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { StateValues } from '../forms.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import type { Home } from '../status/home.ts';
import { type Click, unreadable } from './buttons.ts';
import { type ReasonMeta, readReason, readReasonMeta } from './reason-form.ts';

/** What was decided in a form behind a button. */
interface Reasoned {
  readonly meta: ReasonMeta;
  readonly reason: string;
  /** `2026-12-05`; empty if the form asks for no day. */
  readonly until: string;
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
      const read = readReason(view.state.values, meta);
      if ('errors' in read) {
        await ack({ response_action: 'errors', errors: read.errors });
        return;
      }
      await ack();
      const sender = submissionVisitor(body, meta?.channel, meta?.home);
      const actor = { ...aboutRequest(front.world, sender, meta?.id), typed: read.reason };
      await guard.run(callback, actor, true, async () => {
        if (meta === undefined) throw unreadable();
        const answer = await task({ ...read, meta, values: view.state.values, actor });
        if (answer !== undefined) await replyPrivately(front, actor, answer);
        if (actor.atHome) await home.show(actor.user);
      });
    });
  };
}

/**
 * Opens such a form behind a button.
 * @param days those that can be chosen, if the form asks for one
 */
export async function askWhy(
  { client }: Front,
  { id, planDigest, triggerId, actor }: Click,
  viewOf: (meta: ReasonMeta) => ModalView,
  days: Pick<ReasonMeta, 'first' | 'last'> = {},
): Promise<undefined> {
  const view = viewOf({ id, planDigest, channel: actor.channel, home: actor.atHome, ...days });
  await client.views.open({ trigger_id: triggerId, view });
}
