import type { App, BlockAction, ButtonAction } from '@slack/bolt';
import { KastellanError } from '../../domain/errors.ts';
import { isForged, refuseClick } from '../../operations/requests/refuse-click.ts';
import { aboutRequest, actionActor } from '../actors.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { Front } from '../front.ts';
import type { Guard } from '../guard.ts';
import { type Actor, replyPrivately } from '../reply-privately.ts';
import type { Home } from '../status/home.ts';
import { clickDoubt, messageOf, type Origin } from './click-origin.ts';
import { foreignMessage } from './objections.ts';
import { ACTING, readValue } from './request-ids.ts';

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
        const refusal = await refuseForeign(front, body, action, { ...value, id });
        const answer = refusal ?? (await task({ id, planDigest, triggerId: body.trigger_id, actor }));
        if (answer !== undefined) await replyPrivately(front, actor, answer);
        if (actor.atHome) await home.show(actor.user);
      });
    });
  };
}

/** What the person is told whose button changes something and is not on what Kastellan drew; undefined if it is. */
export async function refuseForeign(
  front: Front,
  body: BlockAction,
  action: string,
  origin: Origin,
): Promise<SlackMessage | undefined> {
  if (!ACTING.has(action)) return undefined;
  const why = await clickDoubt(front, body, action, origin);
  if (why === undefined) return undefined;
  const { id } = origin;
  const message = messageOf(body);
  await refuseClick(front.world, { id, actor: body.user.id, action, why, message });
  if (isForged(why)) {
    const fields = { id: id ?? null, action, user: body.user.id, why, ...message };
    front.log.warn(
      fields,
      'A button that Kastellan did not draw was pressed: somebody may hold the bot token',
    );
  }
  const isOnCard = id !== undefined && (await front.world.requests.find(id)) !== undefined;
  return foreignMessage(why, isOnCard ? { link: await front.world.notifier.linkTo(id) } : undefined);
}

/** What is raised where a button or form holds nothing of ours. */
export function unreadable(): KastellanError {
  return new KastellanError({
    code: 'slack.unreadable-button',
    message: 'Kastellan cannot read what this button stands for.',
    hint: 'Use the buttons on the newest card of the request.',
  });
}
