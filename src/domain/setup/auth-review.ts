import { parseGoDuration } from '../duration.ts';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../json.ts';
import { type AuthKeys, OTHER_AUTH_MODES } from './auth-values.ts';
import { chartAdministrators, groupNames } from './group-allow-list.ts';
import type { Obstacle } from './setup.ts';

/** What set-up leaves as it is below `auth.oidcAuth` and knows the meaning of; none of it is secret. */
const KEPT_SETTINGS = ['logoutURL', 'sessionDuration', 'refreshTokenSupport'] as const;

const KNOWN_KEYS = new Set<string>([
  'groupAllowList',
  'k10AdminGroups',
  'k10AdminUsers',
  'secureCookies',
  'oidcAuth',
  ...OTHER_AUTH_MODES,
]);

const KNOWN_SETTINGS = new Set<string>([
  ...KEPT_SETTINGS,
  'enabled',
  'providerURL',
  'redirectURL',
  'scopes',
  'prompt',
  'clientID',
  'clientSecret',
  'clientSecretName',
  'secretName',
  'usernameClaim',
  'usernamePrefix',
  'groupClaim',
  'groupPrefix',
]);

const MOST_NAMES = 5;

/**
 * What below `auth` keeps a set-up from being carried out: a way of signing in that Kastellan does not know, and a setting
 * with which K10 signs nobody in.
 * @param values the user's
 * @param chart what the installed chart can be told below `auth`
 */
export function authObstacles(values: JsonObject, chart: AuthKeys): Obstacle[] {
  return [...unknownModes(objectAt(values, 'auth'), chart), ...unreadableSession(values)];
}

// K10 takes one way of signing in. If none that is known is on, one that is not known and that somebody has switched on is it.
function unknownModes(auth: JsonObject, chart: AuthKeys): Obstacle[] {
  const isOn = (mode: string): boolean => objectAt(auth, mode)['enabled'] === true;
  if ([...OTHER_AUTH_MODES, 'oidcAuth'].some(isOn)) return [];
  return Object.keys(auth)
    .filter((key) => !KNOWN_KEYS.has(key) && isOn(key) && chart.get(key)?.has('enabled') === true)
    .map((key) => ({
      code: 'setup.sign-in-unknown',
      message: `K10 signs people in by auth.${key}, which Kastellan does not know: K10 takes one way of signing in, and Kastellan cannot tell what switching this one off does.`,
      hint: `Switch auth.${key}.enabled off and auth.tokenAuth.enabled on with helm upgrade, look whether K10 works, and ask again.`,
    }));
}

function unreadableSession(values: JsonObject): Obstacle[] {
  const written = settingsOf(values)['sessionDuration'] ?? '';
  if (written === '' || (typeof written === 'string' && (parseGoDuration(written) ?? 0) > 0)) return [];
  return [
    {
      code: 'setup.session-duration',
      message: `auth.oidcAuth.sessionDuration is ${JSON.stringify(written)}, which is no duration that K10 can read: nobody could stay signed in.`,
      hint: 'Set it to a duration like 1h or 30m, or remove it, and ask again.',
    },
  ];
}

/**
 * What people must know of K10's values before they decide.
 * @param scopes which K10 will ask Entra for
 * @param groups those that are let in, by level, as Kubernetes knows them
 */
export function authWarnings(
  values: JsonObject,
  scopes: string,
  groups: readonly { readonly level: string; readonly name: string; readonly subject: string }[],
): string[] {
  const auth = objectAt(values, 'auth');
  const administrators = chartAdministrators(auth);
  const from = groupNames(auth['k10AdminGroups']).length > 0 ? 'k10AdminGroups' : 'groupAllowList';
  const refreshes = settingsOf(values)['refreshTokenSupport'] === true;
  return [
    ...groups
      .filter(({ subject }) => administrators.includes(subject))
      .map(
        ({ level, name }) =>
          `K10's chart makes ${name}, the group for ${level}, an administrator of K10 who may read all Secrets of the cluster, because auth.${from} names it.`,
      ),
    ...(refreshes && !scopes.split(' ').includes('offline_access')
      ? [
          'auth.oidcAuth.refreshTokenSupport is on, but Entra gives K10 no refresh token without the scope offline_access: people sign in again whenever a session ends.',
        ]
      : []),
    ...(auth['secureCookies'] === false
      ? [
          'auth.secureCookies is false: browsers send the cookie of a session over http, too, where it can be read on the way. It should be true, because the dashboard is at https.',
        ]
      : []),
  ];
}

/** What becomes of the values below `auth` that decide who gets in, if the release is changed. */
export function authNotes(values: JsonObject, after: JsonObject): string[] {
  const auth = objectAt(values, 'auth');
  const { secretName } = settingsOf(values);
  return [
    ...(groupNames(auth['groupAllowList']).length <
    groupNames(objectAt(after, 'auth')['groupAllowList']).length
      ? [
          "K10 drops every group that is not on auth.groupAllowList, so the groups of this set-up are added. auth.k10AdminGroups names who is an administrator by K10's chart today: nobody becomes one by being added.",
        ]
      : []),
    ...(typeof secretName === 'string' && secretName !== ''
      ? [
          `auth.oidcAuth.secretName goes: with it, K10 reads its sign-in from the Secret ${line(secretName)} and ignores every other value. A tear-down puts it back; the Secret itself stays.`,
        ]
      : []),
    ...administratorNotes(auth),
    ...keptNotes(auth, settingsOf(values)),
  ];
}

function administratorNotes(auth: JsonObject): string[] {
  const groups = chartAdministrators(auth).map((name) => `the group ${line(name)}`);
  const users = groupNames(auth['k10AdminUsers']).map((name) => `the user ${line(name)}`);
  const all = [...users, ...groups];
  if (all.length === 0) return [];
  return [
    `Administrators by K10's chart, besides this set-up: ${named(all)}. They may read all Secrets of the cluster. That stays as it is.`,
  ];
}

function keptNotes(auth: JsonObject, settings: JsonObject): string[] {
  const known = [
    ...KEPT_SETTINGS.map((key) => [`auth.oidcAuth.${key}`, settings[key]] as const),
    ['auth.secureCookies', auth['secureCookies']] as const,
  ].flatMap(([path, value]) => (isUnset(value) ? [] : [`${path} (${line(JSON.stringify(value))})`]));
  const unknown = [
    ...unknownBelow('auth', auth, KNOWN_KEYS),
    ...unknownBelow('auth.oidcAuth', settings, KNOWN_SETTINGS),
  ];
  return [
    ...(known.length === 0 ? [] : [`Stays as it is: ${named(known)}.`]),
    ...(unknown.length === 0
      ? []
      : [`Stays as it is, and Kastellan does not know what it does: ${named(unknown)}.`]),
  ];
}

function unknownBelow(path: string, values: JsonObject, known: ReadonlySet<string>): string[] {
  return Object.entries(values).flatMap(([key, value]) =>
    known.has(key) || isUnset(value) ? [] : [line(`${path}.${key}`)],
  );
}

function isUnset(value: Json | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    (Array.isArray(value) && value.length === 0) ||
    (isJsonObject(value) && Object.keys(value).length === 0)
  );
}

function settingsOf(values: JsonObject): JsonObject {
  return objectAt(objectAt(values, 'auth'), 'oidcAuth');
}

function named(all: readonly string[]): string {
  const more = all.length - MOST_NAMES;
  return more > 0 ? `${all.slice(0, MOST_NAMES).join(', ')} and ${more} more` : all.join(', ');
}

// A card has one line for it, whatever somebody has put into the values.
function line(text: string): string {
  const short = text.replaceAll(/\s+/g, ' ');
  return short.length > 80 ? `${short.slice(0, 79)}…` : short;
}
