import type { BlockAction } from '@slack/bolt';
import { z } from 'zod';
import type { ClickDoubt } from '../../operations/requests/refuse-click.ts';
import type { Front } from '../front.ts';
import { readMetadata } from '../modal-metadata.ts';
import { type ButtonValue, DECIDING } from './request-ids.ts';

const homeSchema = z.looseObject({ seal: z.string() });

/** Where a button was pressed; undefined for a message that only one person sees, and for the home tab. */
export function messageOf(body: BlockAction): { readonly channel: string; readonly ts: string } | undefined {
  const channel = body.channel?.id;
  const ts = body.message?.ts;
  return channel === undefined || ts === undefined ? undefined : { channel, ts };
}

/** What a home tab carries along, so that one that another person publishes with the bot token is recognised. */
export function homeMetadata(seal: string): string {
  return JSON.stringify({ seal });
}

/**
 * Why a button that acts on a request does not count; undefined if Kastellan drew what it is on.
 * @throws KastellanError `redis.*`
 */
export async function clickDoubt(
  { world }: Pick<Front, 'world'>,
  body: BlockAction,
  action: string,
  value: ButtonValue,
): Promise<ClickDoubt | undefined> {
  const doubt = await originDoubt(world, body, value);
  const wantsDigest = DECIDING.has(action) && value.planDigest === undefined;
  return doubt ?? (wantsDigest ? 'no-digest' : undefined);
}

async function originDoubt(
  world: Front['world'],
  body: BlockAction,
  { requestId, seal }: ButtonValue,
): Promise<ClickDoubt | undefined> {
  if (body.view?.type === 'home') {
    return homeDoubt(world, body.user.id, body.view.private_metadata);
  }
  const place = messageOf(body);
  if (place === undefined) return 'another-message';
  return world.notifier.checkCard(requestId, { ...place, seal, content: body.message });
}

async function homeDoubt(
  { homeSeals }: Pick<Front['world'], 'homeSeals'>,
  user: string,
  metadata: string,
): Promise<ClickDoubt | undefined> {
  const seal = await homeSeals.find(user);
  // An earlier version drew it.
  if (seal === undefined) return 'outdated';
  return readMetadata(homeSchema, metadata)?.seal === seal ? undefined : 'another-home';
}
