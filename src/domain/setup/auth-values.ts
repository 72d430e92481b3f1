import diff from 'microdiff';
import { parseGoDuration } from '../duration.ts';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../json.ts';
import type { Difference } from '../requests/plan.ts';
import { withGroupsAllowed } from './group-allow-list.ts';
import type { ObservedRelease, SetupSpec } from './setup.ts';

/** How K10 gets its client credentials: by the name of a Secret, or inside the values. */
export type CredentialValues =
  | { readonly clientSecretName: string }
  | { readonly clientID: string; readonly clientSecret: string };

/** Values that must never be shown, wherever they stand below `auth`. */
export const SECRET_KEYS = new Set(['clientSecret', 'htpasswd', 'bindPW']);

/** `auth.*` modes that exclude OIDC; K10 means exactly one to be on (https://docs.kasten.io/latest/access/authentication). */
export const OTHER_AUTH_MODES = ['basicAuth', 'tokenAuth', 'openshift', 'ldap'] as const;

/** The keys that a chart has below `auth`, and those below each of them. */
export type AuthKeys = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What a chart can do. Whether it takes the secret by reference is read from the chart alone: a user's `null` hides a key that
 * the chart knows, and a user can set one that it does not know.
 */
export function authAbilities(
  chart: AuthKeys,
  values: JsonObject,
): Pick<ObservedRelease, 'otherAuthModes' | 'knowsSecretReference'> {
  const auth = objectAt(values, 'auth');
  return {
    otherAuthModes: OTHER_AUTH_MODES.filter((mode) => chart.has(mode) || isJsonObject(auth[mode])),
    knowsSecretReference: chart.get('oidcAuth')?.has('clientSecretName') ?? false,
  };
}

/**
 * A user's values on top of a chart's, as Helm puts them together: key by key, and a `null` takes the chart's away.
 * @see https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key
 */
export function withDefaults(values: JsonObject, defaults: JsonObject): JsonObject {
  const both = Object.entries({ ...defaults, ...values }).filter(([, value]) => value !== null);
  return Object.fromEntries(
    both.map(([key, value]) => {
      const below = Object.hasOwn(defaults, key) ? defaults[key] : undefined;
      return [key, isJsonObject(value) && isJsonObject(below) ? withDefaults(value, below) : value];
    }),
  );
}

/**
 * How long an open session at K10 lasts, by its `auth.oidcAuth.sessionDuration`.
 * @param auth chart defaults included
 * @returns milliseconds; undefined where the values do not tell
 */
export function sessionMs(auth: JsonObject): number | undefined {
  const written = objectAt(auth, 'oidcAuth')['sessionDuration'];
  const ms = typeof written === 'string' ? (parseGoDuration(written) ?? 0) : 0;
  return ms > 0 ? ms : undefined;
}

/**
 * The release's values with nothing changed but `auth`.
 * @param groups that have to get in, by the names that Kubernetes knows: with their prefix
 */
export function withSignIn(
  values: JsonObject,
  spec: SetupSpec,
  release: Pick<ObservedRelease, 'otherAuthModes'>,
  credential: CredentialValues,
  groups: readonly string[],
): JsonObject {
  const auth = objectAt(values, 'auth');
  const switchedOff = Object.fromEntries(
    release.otherAuthModes.map((mode) => [mode, { ...objectAt(auth, mode), enabled: false }]),
  );
  // Credentials of the other mode go: an inline secret left behind would be one that nobody looks after. With secretName, the
  // chart would read another Secret and nothing that stands here.
  const {
    clientID: _id,
    clientSecret: _secret,
    clientSecretName: _name,
    secretName: _whole,
    ...kept
  } = objectAt(auth, 'oidcAuth');
  const oidcAuth = { ...kept, enabled: true, ...oidcSettings(spec), ...credential };
  return { ...values, auth: { ...withGroupsAllowed(auth, groups), ...switchedOff, oidcAuth } };
}

function oidcSettings({ signIn, origin, providerUrl }: SetupSpec): JsonObject {
  return {
    providerURL: providerUrl,
    redirectURL: origin,
    scopes: signIn.scopes,
    prompt: signIn.prompt,
    usernameClaim: signIn.usernameClaim,
    usernamePrefix: signIn.usernamePrefix,
    groupClaim: signIn.groupClaim,
    groupPrefix: signIn.groupPrefix,
  };
}

/** What differs below `auth`, a line per value, in the order of the paths; secrets are written `(secret)`. */
export function authDifferences(before: JsonObject, after: JsonObject): Difference[] {
  const changes = diff(leaves(before['auth']), leaves(after['auth']));
  return changes
    .map((change): Difference => {
      const path = change.path.join('.');
      const text = (json: string): string => (isSecret(path) ? '(secret)' : json);
      if (change.type === 'CREATE') return { path, after: text(change.value) };
      if (change.type === 'REMOVE') return { path, before: text(change.oldValue) };
      return { path, before: text(change.oldValue), after: text(change.value) };
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

// One key per leaf, as JSON, so that a whole new object shows as its values and not as one lump. Helm replaces a list as a
// whole, so a list is one value.
function leaves(value: Json | undefined, path = 'auth'): Record<string, string> {
  if (value === undefined) return {};
  if (!isJsonObject(value)) return { [path]: JSON.stringify(value) };
  return Object.assign({}, ...Object.entries(value).map(([key, item]) => leaves(item, `${path}.${key}`)));
}

function isSecret(path: string): boolean {
  return SECRET_KEYS.has(path.split('.').at(-1) ?? path);
}
