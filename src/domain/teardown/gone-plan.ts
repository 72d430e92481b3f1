import type { Plan } from '../requests/plan.ts';
import { credentialSecretName } from '../setup/naming.ts';
import { applicationChanges, grantNotes, groupChange, keptNotes, secretChanges } from './entra-removals.ts';
import type { ObservedGone, TeardownSpec } from './teardown.ts';

/** What a tear-down changes where the cluster is said to be gone for good: Entra alone, and what that leaves unknown. */
export function planGone(cluster: string, spec: TeardownSpec, observed: ObservedGone): Plan {
  const changes = [
    ...secretChanges(cluster, spec, observed.application, undefined),
    ...applicationChanges(cluster, spec, observed),
    ...observed.groups.map((group) => groupChange(spec, group)),
  ];
  const touched = changes.filter(({ sign }) => sign !== '=');
  const { origin, namespace, release } = spec.setup;
  const isShut = touched.some(({ id }) => !id.startsWith('group:'));
  return {
    changes,
    notes: [
      `Whether ${cluster} is gone, or only away, Kastellan cannot tell: the asker says so. ${observed.problem}${observed.application === undefined ? '' : ` Its dashboard, ${origin}, does not send people to this app.`}`,
      `Nothing in the cluster is looked at or changed. Should it come back, K10's values, the Secret ${namespace}/${credentialSecretName(release)} and the bindings are still in it, and K10 wants sign-in through this app${isShut ? ', with which nobody gets in any more' : ''}.`,
      ...grantNotes(observed),
      ...keptNotes(touched),
      ...(touched.some(({ id }) => id.startsWith('secret:'))
        ? ['A client secret cannot be read again, so it does not come back.']
        : []),
    ],
  };
}
