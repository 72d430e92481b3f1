import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { z } from 'zod';
import { KastellanError } from '../../domain/errors.ts';
import { aboutRequest, actionActor } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import type { Home } from '../status/home.ts';
import { blockId, readValue } from './request-ids.ts';

/** A button that was pressed. */
export interface Click {
  /** Id of the request or grant it stands for. */
  readonly id: string;
  readonly planDigest: string | undefined;
  readonly triggerId: string;
  readonly actor: Actor;
}

/**
 * Listens to a button.
 * @param changes whether only full members may press it
 * @param task gives what the person who pressed is told privately, if anything
 */
export type ListenToButton = (
  action: string,
  changes: boolean,
  task: (click: Click) => Promise<SlackMessage | undefined>,
) => void;

/**
 * Buttons on cards, in direct messages and at home: they carry ids only, and everything is read anew at each click.
 * What it returns throws KastellanError `slack.unreadable-button`.
 */
export function buttonListener(app: App, front: Front, guard: Guard, home: Home): ListenToButton {
  return (action, changes, task) => {
    app.action<BlockAction<ButtonAction>>(action, async ({ ack, body, action: pressed, respond }) => {
      await ack();
      const value = readValue(pressed.value ?? '');
      const actor = aboutRequest(front.world, actionActor(body, respond), value?.requestId);
      await guard.run(action, actor, changes, async () => {
        if (value === undefined) throw unreadable();
        const { requestId: id, planDigest } = value;
        await noticeCard(front, body, id);
        const told = await task({ id, planDigest, triggerId: body.trigger_id, actor });
        if (told !== undefined) await replyPrivately(front, actor, told);
        if (actor.atHome) await home.show(actor.user);
      });
    });
  };
}

const messageSchema = z.object({
  ts: z.string(),
  blocks: z.array(z.object({ block_id: z.string() })),
});

// Where Slack's answer to a new card was lost, a click on it is the first that is heard of it.
async function noticeCard({ world, approvalsChannel }: Front, body: BlockAction, id: string): Promise<void> {
  const { data } = messageSchema.safeParse(body.message);
  if (data === undefined || body.channel?.id !== approvalsChannel) return;
  const isCard = data.blocks.some(({ block_id }) => block_id.startsWith(blockId({ id }, '')));
  if (isCard) await world.notifier.noticeCard(id, data.ts);
}

/** What is raised where a button or form holds nothing of ours. */
export function unreadable(): KastellanError {
  return new KastellanError({
    code: 'slack.unreadable-button',
    message: 'Kastellan cannot read what this button stands for.',
    hint: 'Use the buttons on the newest card of the request.',
  });
}
