import type { CardDoubt } from '../../ports/messenger.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { redrawRequest, viewRequest } from '../../workflows/requests/show-request.ts';
import { showReminder } from '../../workflows/secrets/show-reminder.ts';

type Ports = RequestPorts & Pick<World, 'audit' | 'reminders'>;

/** Why a button is not one that Kastellan drew: as a card's, or without the plan's digest, or on another home tab. */
export type ClickDoubt = CardDoubt | 'no-digest' | 'another-home';

export interface RefusedClick {
  /** Id of the request, grant or reminder that it is about; absent if it is about a cluster. */
  readonly id?: string | undefined;
  /** Slack user id of the person who pressed it. */
  readonly actor: string;
  /** The button's action: `request.approve`. */
  readonly action: string;
  readonly why: ClickDoubt;
  /** Slack channel id and timestamp of the message; absent for the home tab. */
  readonly message?: { readonly channel: string; readonly ts: string } | undefined;
}

/** The topic under which operators are told. */
export const FORGED_BUTTON = 'forged-button';

/** Whether only a person who holds the bot token can have made such a button. */
export function isForged(why: ClickDoubt): boolean {
  return why !== 'outdated' && why !== 'second-copy';
}

/**
 * Records that a button did not count because Kastellan did not draw what it is on. Operators are told once for each
 * request, and once a day of buttons that are about none; a card that an earlier version drew, or another person changed, is
 * drawn anew.
 * @throws KastellanError `request.unknown`, `redis.*`
 */
export async function refuseClick(world: Ports, click: RefusedClick): Promise<void> {
  const { id, actor, action, why, message } = click;
  const reminder = id === undefined ? undefined : await world.reminders.find(id);
  const request = id === undefined || reminder !== undefined ? undefined : await findRequest(world, id);
  const verdict = action.slice(action.indexOf('.') + 1);
  await world.audit.append({
    action: 'click.refused',
    actor,
    ...(request !== undefined && { requestId: request.id }),
    detail: { verdict, why, ...message },
  });
  if (request !== undefined) await redrawRequest(world, request);
  if (reminder !== undefined) await showReminder(world, reminder);
  if (!isForged(why)) return;
  const view =
    request === undefined
      ? { forgery: { action, actor, at: world.clock.now().toISOString() } }
      : await viewRequest(world, request);
  for (const operator of world.rules.operators) await world.notifier.tell(operator, FORGED_BUTTON, view);
}
