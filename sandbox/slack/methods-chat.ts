import type { SlackMessage } from './emulator.ts';
import { isJson, type Json, text } from './json.ts';
import { decoded, type Method, missing, no, ok, refusedContent } from './method.ts';
import { withBlockIds } from './views.ts';
import { type Place, placeOf, type World, writablePlace } from './world.ts';

const UPDATE_TEXT_MAX = 4000;
const POST_TEXT_MAX = 40_000;

/** `chat.*`: messages of the app. https://docs.slack.dev/reference/methods/chat.postMessage */
export const chatMethods: Record<string, Method> = {
  'chat.postMessage': { scopes: ['chat:write'], run: postMessage },
  'chat.postEphemeral': { scopes: ['chat:write'], run: postEphemeral },
  'chat.update': { scopes: ['chat:write'], run: update },
  'chat.delete': { scopes: ['chat:write'], run: remove },
  'chat.getPermalink': { scopes: [], run: permalink },
};

async function postMessage(args: Json, world: World): Promise<Json> {
  const place = await writablePlace(world, args['channel']);
  const refusal = refuse(place, args);
  if (refusal !== undefined || !place.ok) return refusal ?? no('channel_not_found');
  const answer = await world.emulator.call('chat.postMessage', {
    channel: place.id,
    ...content(args),
    ...(args['thread_ts'] === undefined ? {} : { thread_ts: args['thread_ts'] }),
  });
  return withTextWarning(answer, args);
}

async function postEphemeral(args: Json, world: World): Promise<Json> {
  const user = text(args['user']);
  if (user === '') return missing('user');
  const place = await writablePlace(world, args['channel']);
  const refusal = refuse(place, args);
  if (refusal !== undefined || !place.ok) return refusal ?? no('channel_not_found');
  if (place.channel !== undefined && !place.channel.members.includes(user)) return no('user_not_in_channel');
  return world.emulator.call('chat.postEphemeral', { channel: place.id, user, ...content(args) });
}

async function update(args: Json, world: World): Promise<Json> {
  const place = await placeOf(world, args['channel']);
  const refusal = refuse(place, args);
  if (refusal !== undefined || !place.ok) return refusal ?? no('channel_not_found');
  if (text(args['text']).length > UPDATE_TEXT_MAX) return no('msg_too_long');
  const message = await ownMessage(world, place.id, args['ts']);
  if (message === undefined) return no('message_not_found');
  if (message.user !== world.app.botUserId) return no('cant_update_message');
  const answer = await world.emulator.call('chat.update', {
    channel: place.id,
    ts: message.ts,
    ...content(args),
  });
  return withTextWarning(answer, args);
}

async function remove(args: Json, world: World): Promise<Json> {
  const place = await placeOf(world, args['channel']);
  if (!place.ok) return no(place.error);
  const message = await ownMessage(world, place.id, args['ts']);
  if (message === undefined) return no('message_not_found');
  if (message.user !== world.app.botUserId) return no('cant_delete_message');
  return world.emulator.call('chat.delete', { channel: place.id, ts: message.ts });
}

async function permalink(args: Json, world: World): Promise<Json> {
  const place = await placeOf(world, args['channel']);
  if (!place.ok) return no(place.error);
  const message = await ownMessage(world, place.id, args['message_ts']);
  if (message === undefined) return no('message_not_found');
  const thread = message.thread_ts === undefined ? '' : `?thread_ts=${message.thread_ts}&cid=${place.id}`;
  const link = `${world.url}/archives/${place.id}/p${message.ts.replace('.', '')}${thread}`;
  return ok({ channel: place.id, permalink: link });
}

/** Ephemeral messages are in nobody's history: no method finds them again. */
async function ownMessage(world: World, channel: string, ts: unknown): Promise<SlackMessage | undefined> {
  const all = await world.emulator.messages(channel);
  return all.find((message) => message.ts === ts && message.ephemeral_to === undefined);
}

function refuse(place: Place, args: Json): Json | undefined {
  if (text(args['channel']) === '') return missing('channel');
  return place.ok ? refusedContent(args) : no(place.error);
}

function content(args: Json): Json {
  const blocks = args['blocks'] === undefined ? {} : { blocks: withBlockIds(decoded(args['blocks'])) };
  return { text: text(args['text']).slice(0, POST_TEXT_MAX), ...blocks };
}

/** Slack takes a message without `text`, and grumbles: notifications and screen readers have nothing. */
function withTextWarning(answer: Json, args: Json): Json {
  if (text(args['text']) !== '' || answer['ok'] !== true) return answer;
  const warning = 'missing_text_in_message';
  const metadata = isJson(answer['response_metadata']) ? answer['response_metadata'] : {};
  return { ...answer, warning, response_metadata: { ...metadata, warnings: [warning] } };
}
