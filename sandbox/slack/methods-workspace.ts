import { type Json, text } from './json.ts';
import { lacking, type Method, missing, no, ok, pageOf } from './method.ts';
import type { SlackChannel } from './options.ts';
import { botId } from './views.ts';
import { openDirectMessage, personOf, placeOf, type World } from './world.ts';

/** Methods about the app itself and about channels. https://docs.slack.dev/reference/methods/conversations.info */
export const workspaceMethods: Record<string, Method> = {
  'auth.test': { scopes: [], run: authTest },
  'team.info': { scopes: ['team:read'], run: (_args, world) => ok({ team: world.team }) },
  'bots.info': { scopes: ['users:read'], run: botInfo },
  'conversations.list': { scopes: ['channels:read', 'groups:read'], run: list },
  'conversations.info': { scopes: ['channels:read', 'groups:read', 'im:read'], run: info },
  'conversations.members': { scopes: ['channels:read', 'groups:read', 'im:read'], run: members },
  'conversations.open': { scopes: ['im:write'], run: open },
};

function authTest(_args: Json, world: World): Json {
  return ok({
    url: `${world.url}/`,
    team: world.team.name,
    user: world.app.name,
    team_id: world.team.id,
    user_id: world.app.botUserId,
    bot_id: botId(world.app.botUserId),
    is_enterprise_install: false,
  });
}

function botInfo(_args: Json, world: World): Json {
  const { appId, botUserId, name } = world.app;
  return ok({ bot: { id: botId(botUserId), deleted: false, name, app_id: appId, user_id: botUserId } });
}

function list(args: Json, world: World): Json {
  const types = (text(args['types']) || 'public_channel').split(',');
  const wanted = world.channels.filter((channel) =>
    channel.isPrivate === true
      ? types.includes('private_channel') && channel.members.includes(world.app.botUserId)
      : types.includes('public_channel'),
  );
  const refusal = wanted.map((channel) => lackingFor(channel, world)).find((entry) => entry !== undefined);
  if (refusal !== undefined) return refusal;
  const page = pageOf(wanted, args);
  return ok({
    channels: page.items.map((channel) => channelObject(channel, world)),
    response_metadata: { next_cursor: page.cursor },
  });
}

async function info(args: Json, world: World): Promise<Json> {
  const place = await channelFor(args, world);
  if ('error' in place) return place;
  return ok({ channel: channelObject(place.channel, world) });
}

async function members(args: Json, world: World): Promise<Json> {
  const place = await channelFor(args, world);
  if ('error' in place) return place;
  const page = pageOf(place.channel.members, args);
  return ok({ members: page.items, response_metadata: { next_cursor: page.cursor } });
}

async function open(args: Json, world: World): Promise<Json> {
  const user = text(args['users']);
  if (user === '') return no('users_list_not_supplied');
  const person = personOf(world, user);
  if (person === undefined) return no('user_not_found');
  if (person.deleted === true) return no('user_disabled');
  return ok({ channel: { id: await openDirectMessage(world, user) } });
}

async function channelFor(
  args: Json,
  world: World,
): Promise<(Json & { error: string }) | { channel: SlackChannel }> {
  if (text(args['channel']) === '') return { ...missing('channel'), error: 'invalid_arguments' };
  const place = await placeOf(world, args['channel']);
  if (!place.ok) return { ...no(place.error), error: place.error };
  if (place.channel === undefined) return { ...no('channel_not_found'), error: 'channel_not_found' };
  const refusal = lackingFor(place.channel, world);
  return refusal === undefined ? { channel: place.channel } : { ...refusal, error: 'missing_scope' };
}

function lackingFor(channel: SlackChannel, world: World): Json | undefined {
  return lacking([channel.isPrivate === true ? 'groups:read' : 'channels:read'], world.app.scopes);
}

function channelObject(channel: SlackChannel, world: World): Json {
  const isPrivate = channel.isPrivate ?? false;
  const shared = channel.isExtShared ?? false;
  return {
    id: channel.id,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: !isPrivate,
    is_group: isPrivate,
    is_im: false,
    is_mpim: false,
    is_private: isPrivate,
    is_archived: channel.isArchived ?? false,
    is_general: false,
    is_shared: shared,
    is_ext_shared: shared,
    is_org_shared: false,
    is_pending_ext_shared: false,
    is_member: channel.members.includes(world.app.botUserId),
    context_team_id: world.team.id,
    num_members: channel.members.length,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
  };
}
