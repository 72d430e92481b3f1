import { isDeepStrictEqual } from 'node:util';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../json.ts';
import { OTHER_AUTH_MODES, SECRET_KEYS } from './auth-values.ts';
import { groupNames, isEntraGroup } from './group-allow-list.ts';

/** How K10 signed people in before the first set-up, as far as it may be stored: without secret values. */
export interface AuthBefore {
  /** The Helm revision that had these values. */
  readonly revision: number;
  /** `auth.oidcAuth` without its secret values; absent where there was none. */
  readonly oidcAuth?: JsonObject;
  /** Names of the values that were left out of `oidcAuth` because they are secret. */
  readonly withheld: readonly string[];
  /** `enabled` of the other modes; a mode that said nothing is left out. */
  readonly modes: JsonObject;
  /** `groupAllowList` and `k10AdminGroups`, each if it was there; absent in notes from before set-up changed them. */
  readonly lists?: JsonObject;
}

const LISTS = ['groupAllowList', 'k10AdminGroups'] as const;

/** How K10 signs people in by these values, to be stored. */
export function authBefore(values: JsonObject, revision: number): AuthBefore {
  const auth = objectAt(values, 'auth');
  const oidcAuth = auth['oidcAuth'];
  const settings = isJsonObject(oidcAuth) ? Object.entries(oidcAuth) : [];
  const isSecret = ([key, value]: [string, Json]): boolean => SECRET_KEYS.has(key) && value !== '';
  const modes = OTHER_AUTH_MODES.flatMap((mode) => {
    const enabled = objectAt(auth, mode)['enabled'];
    return enabled === undefined ? [] : [[mode, enabled] as const];
  });
  return {
    revision,
    ...(isJsonObject(oidcAuth) && {
      oidcAuth: Object.fromEntries(settings.filter((one) => !isSecret(one))),
    }),
    withheld: settings.filter(isSecret).map(([key]) => key),
    modes: Object.fromEntries(modes),
    lists: Object.fromEntries(
      LISTS.flatMap((list) => {
        const value = auth[list];
        return value === undefined ? [] : [[list, value] as const];
      }),
    ),
  };
}

/** What `authBefore` gave, read back from where it was stored; anything else is `undefined`. */
export function readAuthBefore(stored: Json | undefined): AuthBefore | undefined {
  if (!isJsonObject(stored)) return undefined;
  const { revision, oidcAuth, withheld, modes, lists } = stored;
  if (typeof revision !== 'number' || !Array.isArray(withheld) || !isJsonObject(modes)) return undefined;
  return {
    revision,
    ...(isJsonObject(oidcAuth) && { oidcAuth }),
    withheld: withheld.filter((key): key is string => typeof key === 'string'),
    modes,
    ...(isJsonObject(lists) && { lists }),
  };
}

/** Values with which K10 signs people in without Kastellan's application. */
export interface Restored {
  readonly values: JsonObject;
  /**
   * `before`: as it was; `token`: by token, because what was there is not known or lacks a secret that is lost
   * (`missing` names it).
   */
  readonly how: 'before' | 'token';
  readonly missing: readonly string[];
}

/**
 * The release's values with `auth` as it was before set-up. Only what set-up changes is put back: what others have set
 * below `auth` since stays.
 * @param before absent where nobody noted it
 * @param old the values of the revision of then, if Helm still has it: the only place where its secrets can be read
 */
export function withoutSignIn(
  values: JsonObject,
  before: AuthBefore | undefined,
  old: JsonObject | undefined,
): Restored {
  if (before === undefined) return { values: byToken(values, {}, undefined), how: 'token', missing: [] };
  const secrets = old !== undefined && isOf(old, before) ? objectAt(objectAt(old, 'auth'), 'oidcAuth') : {};
  const found = before.withheld.flatMap((key) => {
    const value = secrets[key];
    return value === undefined ? [] : [[key, value] as const];
  });
  const missing = before.withheld.filter((key) => secrets[key] === undefined);
  const oidcAuth = before.oidcAuth && { ...before.oidcAuth, ...Object.fromEntries(found) };
  if (missing.length > 0 && oidcAuth?.['enabled'] === true)
    return { values: byToken(values, oidcAuth, before.lists), how: 'token', missing };
  return { values: withModes(values, before.modes, oidcAuth, before.lists), how: 'before', missing: [] };
}

// A revision's number says little: K10 may have been installed anew since.
function isOf(old: JsonObject, before: AuthBefore): boolean {
  const { lists, ...seen } = authBefore(old, before.revision);
  const known = before.lists === undefined ? seen : { ...seen, lists };
  return JSON.stringify(sorted(known)) === JSON.stringify(sorted({ ...before }));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted).toSorted();
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}

// K10's own default, and the one way of signing in that needs no secret: never leave a dashboard without any.
function byToken(values: JsonObject, oidcAuth: JsonObject, lists: JsonObject | undefined): JsonObject {
  const { clientSecretName: _ours, ...kept } = oidcAuth;
  return withModes(values, { tokenAuth: true }, { ...kept, enabled: false }, lists);
}

function withModes(
  values: JsonObject,
  modes: JsonObject,
  oidcAuth: JsonObject | undefined,
  lists: JsonObject | undefined,
): JsonObject {
  const { auth: _all, ...others } = values;
  const { oidcAuth: _ours, ...auth } = withLists(objectAt(values, 'auth'), lists);
  const all = new Map<string, Json>(Object.entries(auth));
  for (const mode of OTHER_AUTH_MODES) {
    const { enabled: _switch, ...kept } = objectAt(auth, mode);
    const enabled = modes[mode];
    const next = enabled === undefined ? kept : { ...kept, enabled };
    if (Object.keys(next).length === 0) all.delete(mode);
    else all.set(mode, next);
  }
  if (oidcAuth !== undefined) all.set('oidcAuth', oidcAuth);
  return all.size === 0 ? others : { ...others, auth: Object.fromEntries(all) };
}

// Set-up changes the lists only if K10 had one of allowed groups. What it added goes, and what others have added stays. With
// that stay the administrators that set-up named: without them, K10's chart makes administrators of everybody on the list.
function withLists(auth: JsonObject, lists: JsonObject = {}): JsonObject {
  const before = groupNames(lists['groupAllowList']);
  const now = groupNames(auth['groupAllowList']);
  const left = now.filter((group) => before.includes(group) || !isEntraGroup(group));
  if (before.length === 0 || left.length === now.length) return auth;
  if (!isDeepStrictEqual(left, before)) return { ...auth, groupAllowList: left };
  const isNamed = isDeepStrictEqual(groupNames(auth['k10AdminGroups']), before);
  if (!isNamed || groupNames(lists['k10AdminGroups']).length > 0) return { ...auth, groupAllowList: left };
  const { k10AdminGroups: _named, ...others } = auth;
  return { ...others, ...lists };
}

/** Whether these values make K10 sign people in with this application, or would once OIDC is switched on. */
export function usesApplication(
  values: JsonObject,
  ours: { readonly clientId: string | undefined; readonly secretName: string },
): boolean {
  const { clientSecretName, clientID } = objectAt(objectAt(values, 'auth'), 'oidcAuth');
  return clientSecretName === ours.secretName || (ours.clientId !== undefined && clientID === ours.clientId);
}
