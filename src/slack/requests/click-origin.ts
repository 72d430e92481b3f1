import type { BlockAction } from '@slack/bolt';
import { z } from 'zod';
import { reminderCardId } from '../../domain/secrets/reminder.ts';
import type { ClickDoubt } from '../../operations/requests/refuse-click.ts';
import { findReminder } from '../../operations/secrets/snooze-reminder.ts';
import type { Front } from '../front.ts';
import { readMetadata } from '../modal-metadata.ts';
import { REMINDER_ACTIONS } from '../secrets/reminder-ids.ts';
import { ACTIONS, type ButtonValue, DECIDING, PERSONAL } from './request-ids.ts';

const homeSchema = z.looseObject({ seal: z.string() });
const ABOUT_CLUSTERS: ReadonlySet<string> = new Set([ACTIONS.rotate, ACTIONS.acceptAdmin]);
const ABOUT_REMINDERS: ReadonlySet<string> = new Set([REMINDER_ACTIONS.rotate, REMINDER_ACTIONS.snooze]);
// While processes of an earlier version are being replaced, they go on sending messages without a seal.
const REPLACED_WITHIN_MS = 600_000;

/** What tells where a button belongs. */
export type Origin = Pick<ButtonValue, 'planDigest' | 'seal'> & {
  /** Id of the request, grant or reminder; absent if the button is about a cluster. */
  readonly id?: string;
};

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
 * Why a button that changes something does not count; undefined if Kastellan drew what it is on.
 * @throws KastellanError `redis.*`, `reminder.unknown`
 */
export async function clickDoubt(
  { world }: Pick<Front, 'world'>,
  body: BlockAction,
  action: string,
  origin: Origin,
): Promise<ClickDoubt | undefined> {
  const doubt = await originDoubt(world, body, action, origin);
  const wantsDigest = DECIDING.has(action) && origin.planDigest === undefined;
  return doubt ?? (wantsDigest ? 'no-digest' : undefined);
}

async function originDoubt(
  world: Front['world'],
  body: BlockAction,
  action: string,
  { id, seal }: Origin,
): Promise<ClickDoubt | undefined> {
  if (body.view?.type === 'home') return homeDoubt(world, body.user.id, body.view.private_metadata);
  const place = messageOf(body);
  if (PERSONAL.has(action) && isPersonal(place)) return personalDoubt(world, body, seal);
  if (place === undefined || id === undefined || ABOUT_CLUSTERS.has(action)) return 'another-message';
  const cardId = ABOUT_REMINDERS.has(action) ? await newestCard(world, id) : id;
  return world.notifier.checkCard(cardId, { ...place, seal, content: body.message });
}

// A private answer has no place; the ids of direct conversations begin with D.
function isPersonal(place: ReturnType<typeof messageOf>): boolean {
  return place === undefined || place.channel.startsWith('D');
}

async function personalDoubt(
  { personalSeals }: Pick<Front['world'], 'personalSeals'>,
  body: BlockAction,
  seal: string | undefined,
): Promise<ClickDoubt | undefined> {
  const [own, since] = await Promise.all([personalSeals.find(body.user.id), personalSeals.since()]);
  if (seal !== undefined && own !== undefined) return seal === own ? undefined : 'wrong-seal';
  const sentAt = Number(body.message?.ts ?? body.container['message_ts']) * 1_000;
  const byEarlierVersion = since === undefined || sentAt < since.getTime() + REPLACED_WITHIN_MS;
  return byEarlierVersion ? 'outdated' : 'wrong-seal';
}

// Only the newest card of a reminder has buttons.
async function newestCard(world: Front['world'], reminderId: string): Promise<string> {
  const { id, cards } = await findReminder(world, reminderId);
  return reminderCardId(id, cards.at(-1)?.days ?? 0);
}

async function homeDoubt(
  { personalSeals }: Pick<Front['world'], 'personalSeals'>,
  user: string,
  metadata: string,
): Promise<ClickDoubt | undefined> {
  const seal = await personalSeals.find(user);
  // An earlier version drew it.
  if (seal === undefined) return 'outdated';
  return readMetadata(homeSchema, metadata)?.seal === seal ? undefined : 'another-home';
}
