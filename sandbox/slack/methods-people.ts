import { type Json, text } from './json.ts';
import { lacking, type Method, missing, no, ok, pageOf } from './method.ts';
import type { SlackPerson, SlackUserGroup } from './options.ts';
import { personOf, type World } from './world.ts';

/** `users.*` and `usergroups.*`: who people are. https://docs.slack.dev/reference/methods/users.info */
export const peopleMethods: Record<string, Method> = {
  'users.info': { scopes: ['users:read'], run: userInfo },
  'users.list': { scopes: ['users:read'], run: userList },
  'users.lookupByEmail': { scopes: ['users:read.email'], run: lookupByEmail },
  'usergroups.list': { scopes: ['usergroups:read'], run: groupList },
  'usergroups.users.list': { scopes: ['usergroups:read'], run: groupMembers },
};

function userInfo(args: Json, world: World): Json {
  const id = text(args['user']);
  if (id === '') return missing('user');
  if (id === world.app.botUserId) return ok({ user: botUser(world) });
  const person = personOf(world, id);
  return person === undefined ? no('user_not_found') : ok({ user: userObject(person, world) });
}

function userList(args: Json, world: World): Json {
  const page = pageOf(world.people, args);
  return ok({
    members: page.items.map((person) => userObject(person, world)),
    response_metadata: { next_cursor: page.cursor },
  });
}

function lookupByEmail(args: Json, world: World): Json {
  const email = text(args['email']).toLowerCase();
  const found = world.people.find((person) => !person.deleted && person.email?.toLowerCase() === email);
  return found === undefined ? no('users_not_found') : ok({ user: userObject(found, world) });
}

function groupList(args: Json, world: World): Json {
  const flag = (name: string) => String(args[name]) === 'true' || args[name] === '1';
  const groups = world.userGroups.filter((group) => flag('include_disabled') || group.disabled !== true);
  return ok({ usergroups: groups.map((group) => groupObject(group, world, flag('include_users'))) });
}

function groupMembers(args: Json, world: World): Json {
  if (text(args['usergroup']) === '') return missing('usergroup');
  const group = world.userGroups.find((entry) => entry.id === args['usergroup']);
  if (group === undefined) return no('no_such_subteam');
  if (group.disabled === true && String(args['include_disabled']) !== 'true') return no('subteam_disabled');
  return ok({ users: group.members });
}

function groupObject(group: SlackUserGroup, world: World, withUsers: boolean): Json {
  return {
    id: group.id,
    team_id: world.team.id,
    is_usergroup: true,
    name: group.handle,
    handle: group.handle,
    description: '',
    is_external: false,
    date_delete: group.disabled === true ? 1 : 0,
    user_count: group.members.length,
    ...(withUsers ? { users: group.members } : {}),
  };
}

/** Addresses are there only for apps with the scope for them. */
function userObject(person: SlackPerson, world: World): Json {
  const tz = person.tz ?? 'UTC';
  const mayReadMail = lacking(['users:read.email'], world.app.scopes) === undefined;
  const email = mayReadMail && person.email !== undefined ? { email: person.email } : {};
  return {
    id: person.id,
    team_id: world.team.id,
    name: person.name,
    deleted: person.deleted ?? false,
    real_name: person.realName,
    tz,
    tz_label: tz,
    tz_offset: offsetOf(tz),
    profile: { real_name: person.realName, display_name: person.name, team: world.team.id, ...email },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: person.isRestricted ?? person.isUltraRestricted ?? false,
    is_ultra_restricted: person.isUltraRestricted ?? false,
    is_bot: false,
    is_app_user: false,
    is_email_confirmed: person.isEmailConfirmed ?? true,
    ...(person.isStranger === undefined ? {} : { is_stranger: person.isStranger }),
    updated: 1_700_000_000,
  };
}

function botUser(world: World): Json {
  const { botUserId: id, name } = world.app;
  const profile = { real_name: name, display_name: name, api_app_id: world.app.appId };
  return { id, team_id: world.team.id, name, real_name: name, deleted: false, is_bot: true, profile };
}

/** Seconds east of Greenwich at this moment. */
function offsetOf(timeZone: string): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(new Date())
    .find((part) => part.type === 'timeZoneName')?.value;
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '') ?? [];
  const seconds = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60;
  return sign === '-' ? -seconds : seconds;
}
