import type { CardDoubt } from '../../ports/messenger.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { redrawRequest, viewRequest } from '../../workflows/requests/show-request.ts';

/** Why a button is not one that Kastellan drew: as a card's, or without the plan's digest, or on another home tab. */
export type ClickDoubt = CardDoubt | 'no-digest' | 'another-home';

export interface RefusedClick {
  readonly requestId: string;
  /** Slack user id of the person who pressed it. */
  readonly actor: string;
  /** What it was to do: `approve`. */
  readonly verdict: string;
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
 * request; a card that an earlier version drew, or another person changed, is drawn anew.
 * @throws KastellanError `request.unknown`, `redis.*`
 */
export async function refuseClick(
  world: RequestPorts & Pick<World, 'audit'>,
  click: RefusedClick,
): Promise<void> {
  const { requestId, actor, verdict, why, message } = click;
  const request = await findRequest(world, requestId);
  await world.audit.append({
    action: 'click.refused',
    actor,
    requestId,
    detail: { verdict, why, ...message },
  });
  await redrawRequest(world, request);
  if (!isForged(why)) return;
  const view = await viewRequest(world, request);
  for (const operator of world.rules.operators) await world.notifier.tell(operator, FORGED_BUTTON, view);
}
