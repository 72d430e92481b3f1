import { atWrite, disturbed } from '../disturb.ts';
import type { Try } from '../fault.ts';
import { brokenAfterUndo, brokenIfTouched } from '../invariants.ts';
import type { Lane } from '../lane.ts';
import { upgradeByHand } from '../reset.ts';
import { releaseOf } from '../seen.ts';

const BINDING = 'kastellan-admin-k10-admin';
const CLUSTER_ROLE_BINDINGS = 'clusterrolebindings.rbac.authorization.k8s.io';

export function kubernetesFaults(): Try[] {
  return [
    ...(
      [
        [2_000, 4],
        [10_000, 12],
        [60_000, 3],
      ] as const
    ).map(([milliseconds, n]) =>
      disturbed({
        fault: 'the Kubernetes API is away',
        variant: `for ${milliseconds / 1_000} s from write ${n}`,
        async running(lane) {
          await atWrite(lane, n);
          lane.sandbox.kubernetes.faults.away(milliseconds);
        },
      }),
    ),
    disturbed({
      fault: 'the Kubernetes API is away',
      variant: 'for 8 s when the approval comes',
      running: (lane) => lane.sandbox.kubernetes.faults.away(8_000),
    }),
    {
      fault: "our binding's name is somebody else's",
      variant: 'its fields are left alone',
      run: foreignBinding,
    },
    {
      fault: "our Secret's name is somebody else's",
      variant: 'refused before anything is made',
      run: foreignSecret,
    },
    {
      fault: 'the plan goes stale before it runs',
      variant: 'approval is asked for anew',
      run: stalePlan,
    },
  ];
}

async function foreignBinding(lane: Lane) {
  const { kubernetes } = lane.sandbox;
  const { values } = releaseOf(lane.sandbox);
  const id = await lane.ask();
  const theirs = kubernetes.create(CLUSTER_ROLE_BINDINGS, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: BINDING, labels: { 'app.kubernetes.io/managed-by': 'somebody' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'theirs' }],
  });
  await lane.press(id, 'request.approve');
  await lane.untilState(id, ['failed'], 'pending');
  await lane.rollBack(id);
  const now = kubernetes.store.get(CLUSTER_ROLE_BINDINGS, '', BINDING);
  const touched = JSON.stringify(now) === JSON.stringify(theirs) ? [] : ['their binding was touched'];
  kubernetes.store.remove(CLUSTER_ROLE_BINDINGS, '', BINDING);
  return { broken: [...touched, ...(await brokenAfterUndo(lane, id, values))] };
}

async function foreignSecret(lane: Lane) {
  const { kubernetes } = lane.sandbox;
  const { revision } = releaseOf(lane.sandbox);
  kubernetes.create('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'kastellan-k10-oidc', namespace: 'kasten-io' },
    data: { theirs: 'dGhlaXJz' },
  });
  const id = await lane.submitForm();
  const { failure } = await lane.untilState(id, ['refused']);
  const said = failure?.code === 'kubernetes.secret-not-ours' ? [] : [`refused with ${failure?.code}`];
  return { broken: [...said, ...brokenIfTouched(lane, revision)] };
}

async function stalePlan(lane: Lane) {
  const { revision } = releaseOf(lane.sandbox);
  const id = await lane.ask();
  const before = await lane.untilState(id, ['pending']);
  await upgradeByHand(lane.sandbox, { auth: { ldap: { enabled: true, host: 'ldap.example.com' } } });
  await lane.press(id, 'request.approve');
  const after = await lane.until('a new plan', async () => {
    const request = await lane.requests.find(id);
    return request?.state === 'pending' && request.planDigest !== before.planDigest ? request : undefined;
  });
  const broken = [
    ...(after.decisions.length === 0 ? [] : ['the old approval still counts']),
    ...(after.staleDecisions.length === 1 ? [] : ['the old approval is not kept for the record']),
    ...brokenIfTouched(lane, revision + 1),
  ];
  await lane.press(id, 'request.withdraw', 'asker');
  await lane.untilState(id, ['withdrawn'], 'pending');
  return { broken };
}
