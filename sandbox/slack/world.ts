import type { Delivery } from './delivery.ts';
import type { Emulator } from './emulator.ts';
import { type Json, text } from './json.ts';
import type { SlackApp, SlackChannel, SlackKnobs, SlackPerson, SlackUserGroup } from './options.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { SocketMode } from './socket-mode.ts';
import type { Traffic } from './traffic.ts';
import type { Triggers } from './triggers.ts';
import type { Uploads } from './uploads.ts';
import type { Views } from './views.ts';

/** Everything this Slack consists of, for the parts that act on it. */
export interface World {
  /** The front's own address, without a slash at the end. */
  url: string;
  team: { id: string; name: string; domain: string };
  app: SlackApp;
  people: SlackPerson[];
  channels: SlackChannel[];
  userGroups: SlackUserGroup[];
  knobs: SlackKnobs;
  traffic: Traffic;
  emulator: Emulator;
  triggers: Triggers;
  responseUrls: ResponseUrls;
  views: Views;
  uploads: Uploads;
  sockets: SocketMode;
  delivery: Delivery;
}

/** A person by ID. */
export function personOf(world: World, id: string): SlackPerson | undefined {
  return world.people.find((person) => person.id === id);
}

/** Whom a direct message channel belongs to. */
export interface DirectMessage {
  id: string;
  user: string;
}

/** The direct messages with the app, one per person who has one. */
export async function directMessages(world: World): Promise<DirectMessage[]> {
  const channels = await world.emulator.channels();
  return channels
    .filter((channel) => channel['is_im'] === true)
    .map((channel) => ({
      id: text(channel['id']),
      user: membersOf(channel).find((member) => member !== world.app.botUserId) ?? '',
    }));
}

/** The direct message of one person, opened when there is none. */
export async function openDirectMessage(world: World, user: string): Promise<string> {
  const answer = await world.emulator.call('conversations.open', { users: user });
  const channel = answer['channel'] as Json;
  return text(channel['id']);
}

/** A place messages go to, and whether the app may write there. */
export type Place =
  | { ok: true; id: string; channel: SlackChannel | undefined }
  | { ok: false; error: string };

/**
 * Finds what an app means by `channel`: a channel's ID, `#name`, a direct message or a person's ID.
 * Private channels that the app is not in do not exist for it.
 */
export async function placeOf(world: World, given: unknown): Promise<Place> {
  const name = text(given);
  const channel = world.channels.find((entry) => entry.id === name || `#${entry.name}` === name);
  if (channel !== undefined) {
    const hidden = channel.isPrivate === true && !channel.members.includes(world.app.botUserId);
    return hidden ? { ok: false, error: 'channel_not_found' } : { ok: true, id: channel.id, channel };
  }
  if (personOf(world, name) !== undefined) {
    return { ok: true, id: await openDirectMessage(world, name), channel: undefined };
  }
  const known = (await directMessages(world)).find((entry) => entry.id === name);
  if (known === undefined) return { ok: false, error: 'channel_not_found' };
  return { ok: true, id: known.id, channel: undefined };
}

/** Like {@link placeOf}, and refused where the app cannot write. */
export async function writablePlace(world: World, given: unknown): Promise<Place> {
  const place = await placeOf(world, given);
  if (!place.ok || place.channel === undefined) return place;
  if (place.channel.isArchived === true) return { ok: false, error: 'is_archived' };
  if (!place.channel.members.includes(world.app.botUserId)) return { ok: false, error: 'not_in_channel' };
  return place;
}

function membersOf(channel: Json): string[] {
  return Array.isArray(channel['members']) ? channel['members'].map(String) : [];
}
