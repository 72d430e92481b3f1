import { type Restored, withoutSignIn } from './auth-before.ts';
import { authDifferences } from './auth-values.ts';
import { takenBackValues } from './hand-over.ts';
import { credentialSecretName, redirectUri } from './naming.ts';
import type { Change, Difference, Plan, Sign } from './plan.ts';
import type { ApplicationSettings, ObservedApplication } from './setup.ts';
import { KEEPERS, people, restartNotes } from './setup-plan.ts';
import type { ObservedTeardown, ObservedTeardownGroup, Removable, TeardownSpec } from './teardown.ts';

/** What a tear-down changes: K10's sign-in first, then what was made for it. What has to stay is there with its reason. */
export function planTeardown(cluster: string, spec: TeardownSpec, observed: ObservedTeardown): Plan {
  const { release } = observed;
  const restored = release && withoutSignIn(release.values, spec.before, release.old);
  // Whoever keeps the release goes first: nobody could sign in if the application were gone before K10 let go of it.
  if (release?.keeper !== undefined && release.ours && restored !== undefined) {
    const keeper = KEEPERS[release.keeper.by];
    return {
      changes: [],
      notes: [
        `The release is kept by ${keeper} (${release.keeper.name}): commit the values, and ask again once K10 runs with them. Kastellan then removes the rest; before that, removing it would lock everybody out.`,
        ...waysIn(restored, spec),
      ],
      handOver: {
        keeper,
        values: takenBackValues(authDifferences(release.values, restored.values)),
      },
    };
  }
  const changes = [
    ...releaseChanges(spec, observed, restored),
    ...bindingChanges(spec, observed),
    ...credentialChanges(cluster, spec, observed),
    ...applicationChanges(cluster, spec, observed),
    ...observed.groups.map((group) => groupChange(spec, group)),
  ];
  const touched = changes.filter(({ sign }) => sign !== '=');
  const upgrades = touched.some(({ id }) => id === 'release');
  return {
    changes,
    notes: [
      ...(upgrades && restored !== undefined ? waysIn(restored, spec) : []),
      ...(upgrades ? restartNotes(observed) : []),
      ...lossNotes(observed),
      ...grantNotes(observed),
      ...wayBackNotes(touched),
    ],
  };
}

function releaseChanges(
  spec: TeardownSpec,
  { release }: ObservedTeardown,
  restored: Restored | undefined,
): Change[] {
  const { setup } = spec;
  if (release === undefined || restored === undefined)
    return [change('release', '=', 'helm', `${setup.release}: K10 is not there any more`)];
  if (!release.ours)
    return [
      change('release', '=', 'helm', `${setup.release}: its values do not name Kastellan's app; they stay`),
    ];
  const differences = authDifferences(release.values, restored.values);
  const count = `auth (${differences.length} ${differences.length === 1 ? 'value' : 'values'})`;
  const how = restored.how === 'before' ? 'as before set-up' : 'sign-in by token';
  const summary = `${setup.release} ${release.chartVersion}, stays at that version: ${count}, ${how}`;
  return [change('release', '~', 'helm', summary, differences)];
}

function bindingChanges(
  { remove, setup }: TeardownSpec,
  { bindings, otherBindings }: ObservedTeardown,
): Change[] {
  const where = (kind: string): string => (kind === 'Role' ? ` (${setup.namespace})` : '');
  const sign = signOf(remove, 'bindings');
  return [
    ...bindings.map(({ name, role, groups }) =>
      change(
        `binding:${role.kind}:${name}`,
        sign,
        'kubernetes',
        `${role.kind}Binding ${name} -> ${role.name}${where(role.kind)}${sign === '=' ? ' stays' : ''}`,
        groups.map((group) => ({ path: 'subject', before: group })),
      ),
    ),
    ...otherBindings.map(({ name, role }) =>
      change(
        `binding:${role.kind}:${name}`,
        '=',
        'kubernetes',
        `${role.kind}Binding ${name} -> ${role.name} is not Kastellan's: it stays`,
      ),
    ),
  ];
}

function credentialChanges(
  cluster: string,
  spec: TeardownSpec,
  { credential, application }: ObservedTeardown,
): Change[] {
  const sign = signOf(spec.remove, 'credential');
  const stays = sign === '=' ? ' stays' : '';
  const { namespace, release } = spec.setup;
  const stored =
    credential === undefined
      ? []
      : [
          change(
            'credential',
            sign,
            'kubernetes',
            `Secret ${namespace}/${credentialSecretName(release)} with the client's credentials${stays}`,
            [{ path: 'client-secret', before: '(secret)' }],
          ),
        ];
  // With its application a secret goes by itself.
  if (application === undefined || fateOf(cluster, spec, application) === 'removed') return stored;
  const ours = ownSecrets(cluster, application, credential?.keyId);
  return [
    ...stored,
    ...ours.map(({ keyId, hint, endsAt }) =>
      change(
        `secret:${keyId}`,
        sign,
        'entra',
        `client secret ${hint ?? keyId}... of ${application.settings.displayName}, valid until ${endsAt.slice(0, 10)}${stays}`,
        [{ path: 'keyId', before: keyId }],
      ),
    ),
  ];
}

/** The client secrets of an application that Kastellan made for this cluster. */
export function ownSecrets(
  cluster: string,
  application: ObservedApplication,
  inUse: string | undefined,
): ObservedApplication['secrets'] {
  return application.secrets.filter(
    ({ displayName, keyId }) => keyId === inUse || displayName?.startsWith(`kasten/${cluster}/`) === true,
  );
}

/** What becomes of the application: one that others put something into loses only what set-up put there. */
export function fateOf(
  cluster: string,
  spec: Pick<TeardownSpec, 'remove' | 'setup'>,
  application: ObservedApplication,
): 'stays' | 'removed' | 'let go' {
  if (!spec.remove.includes('application')) return 'stays';
  return othersIn(cluster, spec, application).length === 0 ? 'removed' : 'let go';
}

function othersIn(
  cluster: string,
  { setup }: Pick<TeardownSpec, 'setup'>,
  application: ObservedApplication,
): string[] {
  const ours = ownSecrets(cluster, application, undefined).length;
  const uris = othersUris(setup, application.settings).length;
  const secrets = application.secrets.length - ours;
  return [
    ...(uris > 0 ? [`${uris} redirect ${uris === 1 ? 'URI' : 'URIs'}`] : []),
    ...(secrets > 0 ? [`${secrets} client ${secrets === 1 ? 'secret' : 'secrets'}`] : []),
  ];
}

function othersUris(
  { origin, release }: TeardownSpec['setup'],
  { redirectUris }: ApplicationSettings,
): string[] {
  return redirectUris.filter((uri) => uri !== redirectUri(origin, release));
}

/** The application's settings without what set-up put there. */
export function letGo(setup: TeardownSpec['setup'], settings: ApplicationSettings): ApplicationSettings {
  return { ...settings, redirectUris: othersUris(setup, settings) };
}

function applicationChanges(
  cluster: string,
  spec: TeardownSpec,
  { application, servicePrincipal }: ObservedTeardown,
): Change[] {
  if (application === undefined) return [];
  const { settings, objectId } = application;
  const name = settings.displayName;
  const fate = fateOf(cluster, spec, application);
  if (fate === 'stays') return [change('application', '=', 'entra', `app ${name} stays`)];
  if (fate === 'let go') {
    const others = othersIn(cluster, spec, application).join(' and ');
    const uri = redirectUri(spec.setup.origin, spec.setup.release);
    const stays = `app ${name} stays: others have put ${others} into it`;
    if (!settings.redirectUris.includes(uri)) return [change('application', '=', 'entra', stays)];
    return [
      change('application', '~', 'entra', `${stays}; K10's redirect URI goes`, [
        { path: 'redirectUris', before: uri },
      ]),
    ];
  }
  return [
    ...(servicePrincipal === undefined
      ? []
      : [
          change('service-principal', '-', 'entra', `enterprise application of ${name}`, [
            { path: 'objectId', before: servicePrincipal.objectId },
          ]),
        ]),
    change('application', '-', 'entra', `app ${name}`, [{ path: 'objectId', before: objectId }]),
  ];
}

/** Why a group stays whatever was ticked, or undefined. */
export function whyGroupStays({
  adopted,
  usedBy,
}: Pick<ObservedTeardownGroup, 'adopted' | 'usedBy'>): string | undefined {
  if (adopted) return 'it was there before';
  return usedBy.length === 0
    ? undefined
    : `${usedBy.join(' and ')} ${usedBy.length === 1 ? 'uses' : 'use'} it, too`;
}

function groupChange({ remove }: TeardownSpec, group: ObservedTeardownGroup): Change {
  const { level, displayName, memberCount, objectId } = group;
  const id = `group:${level}`;
  const who = `group ${displayName} (${level}, ${people(memberCount)})`;
  const reason = whyGroupStays(group);
  if (reason !== undefined && remove.includes('groups'))
    return change(id, '=', 'entra', `${who} stays: ${reason}`);
  if (!remove.includes('groups')) return change(id, '=', 'entra', `${who} stays`);
  const loses = memberCount === 0 ? '' : '; its members lose whatever it gives them';
  return change(id, '-', 'entra', `${who}${loses}`, [{ path: 'objectId', before: objectId }]);
}

function waysIn({ how, missing }: Restored, { before }: TeardownSpec): string[] {
  if (how === 'before') {
    const on = [
      ...Object.entries(before?.modes ?? {}).filter(([, enabled]) => enabled === true),
      ...(before?.oidcAuth?.['enabled'] === true ? [['oidcAuth', true] as const] : []),
    ].map(([mode]) => mode);
    if (on.length > 0) return [`K10 signs people in as before set-up: ${on.join(' and ')}.`];
    return [
      'K10 had no sign-in before set-up and gets none back: whoever reaches the dashboard can do everything in it.',
    ];
  }
  if (missing.length === 0)
    return ['How K10 signed people in before set-up was not noted: it gets sign-in by token.'];
  return [
    `K10 signed people in by OIDC before, but ${missing.join(' and ')} of then is nowhere to be read any more: Kastellan stores no secrets, and Helm has dropped revision ${before?.revision}. K10 gets sign-in by token; set auth.oidcAuth.${missing[0]} and enabled by hand.`,
  ];
}

function lossNotes({ groups, release }: ObservedTeardown): string[] {
  const members = groups.reduce((sum, { memberCount }) => sum + memberCount, 0);
  if (members === 0 || release?.ours !== true) return [];
  return [
    `${people(members)} of ${groups.map(({ displayName }) => displayName).join(' and ')} can no longer sign in to K10 through Entra. A session that is open lasts until it ends.`,
  ];
}

// Notes and no changes: one that ends by itself in the meantime must not cost the approval.
function grantNotes({ grants }: ObservedTeardown): string[] {
  if (grants.length === 0) return [];
  const named = grants.map(
    ({ level, name, endsAt }) => `${level} for ${name} until ${endsAt.slice(0, 16).replace('T', ' ')} UTC`,
  );
  return [`Access for a time ends with it and does not come back: ${named.join('; ')}.`];
}

function wayBackNotes(changes: readonly Change[]): string[] {
  const goes = (id: string): boolean => changes.some((one) => one.id.startsWith(id) && one.sign === '-');
  const kept = [...(goes('application') ? ['the app'] : []), ...(goes('group:') ? ['the groups'] : [])];
  const them = kept.join() === 'the app' ? 'it' : 'them';
  return [
    ...(kept.length === 0
      ? []
      : [
          `Entra keeps ${kept.join(' and ')} for 30 days; while this runs, Roll back fetches ${them} from there.`,
        ]),
    ...(goes('group:') ? ['Some tenants delete security groups at once: then they cannot come back.'] : []),
    ...(goes('credential') || goes('secret:')
      ? ['A client secret cannot be read again: going back makes a new one.']
      : []),
    ...(changes.length === 0
      ? []
      : ['Once it is done there is no way back but /kasten setup, which makes all of it anew.']),
  ];
}

function signOf(remove: readonly Removable[], what: Removable): Sign {
  return remove.includes(what) ? '-' : '=';
}

function change(
  id: string,
  sign: Sign,
  system: Change['system'],
  summary: string,
  differences: Difference[] = [],
): Change {
  return { id, sign, system, summary, differences };
}
