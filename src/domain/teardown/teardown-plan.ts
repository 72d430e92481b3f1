import { type Change, change, type Plan } from '../requests/plan.ts';
import { type Restored, withoutSignIn } from '../setup/auth-before.ts';
import { authDifferences } from '../setup/auth-values.ts';
import { takenBackValues } from '../setup/hand-over.ts';
import { credentialSecretName } from '../setup/naming.ts';
import { people, RELEASE_MANAGERS, restartNotes } from '../setup/setup-plan.ts';
import {
  applicationChanges,
  grantNotes,
  groupChange,
  keptNotes,
  secretChanges,
  signOf,
} from './entra-removals.ts';
import type { ObservedTeardown, TeardownSpec } from './teardown.ts';

/** What a tear-down changes: K10's sign-in first, then what was made for it. What has to stay is there with its reason. */
export function planTeardown(cluster: string, spec: TeardownSpec, observed: ObservedTeardown): Plan {
  const { release } = observed;
  const restored = release && withoutSignIn(release.values, spec.before, release.old);
  // Whoever keeps the release goes first: nobody could sign in if the application were gone before K10 let go of it.
  if (release?.managedBy !== undefined && release.ours && restored !== undefined) {
    const manager = RELEASE_MANAGERS[release.managedBy.by];
    return {
      changes: [],
      notes: [
        `The release is managed by ${manager} (${release.managedBy.name}): commit the values, and ask again once K10 runs with them. Kastellan then removes the rest; before that, removing it would lock everybody out.`,
        ...waysIn(restored, spec),
      ],
      handOver: {
        keeper: manager,
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
      ...keptNotes(touched),
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
  const sign = signOf(remove, 'bindings');
  return [
    ...bindings.map((binding) => {
      const { kind, where } = placeOf(binding, setup.namespace);
      return change(
        bindingId(binding),
        sign,
        'kubernetes',
        `${kind} ${binding.name} -> ${binding.role.name}${where}${sign === '=' ? ' stays' : ''}`,
        binding.groups.map((group) => ({ path: 'subject', before: group })),
      );
    }),
    ...otherBindings.map((binding) => {
      const { kind } = placeOf(binding, setup.namespace);
      return change(
        bindingId(binding),
        '=',
        'kubernetes',
        `${kind} ${binding.name} -> ${binding.role.name} is not Kastellan's: it stays`,
      );
    }),
  ];
}

function bindingId({ role, name, tooWide }: ObservedTeardown['bindings'][number]): string {
  return `binding:${role.kind}:${name}${tooWide === true ? ':too-wide' : ''}`;
}

function placeOf(
  { role, tooWide }: ObservedTeardown['bindings'][number],
  k10: string,
): { readonly kind: 'ClusterRoleBinding' | 'RoleBinding'; readonly where: string } {
  const namespace = role.kind === 'Role' ? k10 : role.boundIn;
  if (namespace === undefined || tooWide === true) return { kind: 'ClusterRoleBinding', where: '' };
  return { kind: 'RoleBinding', where: ` (${namespace})` };
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
  return [...stored, ...secretChanges(cluster, spec, application, credential?.keyId)];
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
  const members = groups.flatMap((group) => group.members);
  if (members.length === 0 || release?.ours !== true) return [];
  // Notes and no differences: a member who leaves by themselves in the meantime must not cost the approval.
  const names = [...new Map(members.map(({ objectId, name }) => [objectId, name])).values()];
  const where = groups.map(({ displayName }) => displayName).join(' and ');
  return [
    `${people(names.length)} of ${where} can no longer sign in to K10 through Entra: ${names.join(', ')}. A session that is open lasts until it ends.`,
  ];
}

function wayBackNotes(changes: readonly Change[]): string[] {
  const removesSecret = changes.some(({ id, sign }) => sign === '-' && /^(credential|secret:)/.test(id));
  return [
    ...(removesSecret ? ['A client secret cannot be read again: going back makes a new one.'] : []),
    ...(changes.length === 0
      ? []
      : ['Once it is done there is no way back but /kasten setup, which makes all of it anew.']),
  ];
}
