import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_ACCOUNT_USER } from '../../sandbox/documented-rights.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { openAdmin } from '../cluster/support/admin.ts';
import { grantRights } from '../cluster/support/grant-rights.ts';
import { DONE, everythingOf, REFUSED, Walk } from '../support/walk.ts';
import { clusterWrites, entraWrites } from '../support/walk-state.ts';
import { EVERYTHING, TORN_DOWN, tearsDown } from '../support/walk-teardown.ts';

const RBAC = 'rbac.authorization.k8s.io';
const ROLES = ['admin', 'ns-admin', 'mc-admin'] as const;
const BINDING = 'kastellan-admin-k10-mc-admin';

describe('an access level with mc-admin', () => {
  let walk: Walk;
  beforeAll(async () => {
    const level = { name: 'admin', description: 'The multi-cluster system', group: 'Kasten Users' };
    walk = await Walk.start({
      adjust: {
        configuration: (usual) => ({ ...usual, accessLevels: [{ ...level, roles: [...ROLES] }] }),
      },
    });
    create('clusterroles', {
      metadata: { name: 'sees-the-namespace' },
      rules: [
        { apiGroups: [''], resources: ['namespaces'], resourceNames: ['kasten-io-mc'], verbs: ['get'] },
        { apiGroups: [RBAC], resources: ['clusterroles'], resourceNames: ['k10-mc-admin'], verbs: ['get'] },
      ],
    });
    create('clusterrolebindings', {
      metadata: { name: 'sees-the-namespace' },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'sees-the-namespace' },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: SERVICE_ACCOUNT_USER }],
    });
  });
  afterAll(() => walk?.close());

  it('is refused before anything is changed where K10 is part of no multi-cluster system', async () => {
    const before = clusterWrites(walk.sandbox);
    const said = textOf(await walk.gets(REFUSED));
    expect(said).toContain('The namespace kasten-io-mc is not there');
    expect(said).toContain('kubectl get namespace kasten-io-mc');
    expect(entraWrites(walk.sandbox)).toEqual([]);
    expect(clusterWrites(walk.sandbox)).toEqual(before);
  });

  it('is bound in its namespace only, and replaces what an earlier Kastellan bound in the whole cluster', async () => {
    const admin = openAdmin(walk.sandbox.clusters[0].kubeconfig);
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kasten-io-mc' } });
    await grantRights(admin, 'kasten-io', SERVICE_ACCOUNT_USER, [{ name: 'admin', roles: ROLES }]);
    create('clusterrolebindings', {
      metadata: { name: BINDING, labels: { 'app.kubernetes.io/managed-by': 'kastellan' } },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'k10-mc-admin' },
      subjects: [{ apiGroup: RBAC, kind: 'Group', name: 'kasten_azure_before' }],
    });
    const plan = await walk.plan({ addMe: ['admin'] });
    const said = everythingOf(plan);
    expect(said).toContain('RoleBinding for admin: Kasten Users -&gt; k10-mc-admin (kasten-io-mc)');
    expect(said).toContain(`ClusterRoleBinding ${BINDING} of an earlier Kastellan`);
    await walk.approves(plan);
    await walk.becomes(plan, DONE);
    expect(boundIn('')).toBeUndefined();
    expect(boundIn('kasten-io-mc')).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'k10-mc-admin' },
      subjects: [{ kind: 'Group', name: expect.stringMatching(/^kasten_azure_.*-/) }],
    });
  });

  it('loses its binding at a tear-down', async () => {
    await tearsDown(walk, TORN_DOWN, EVERYTHING);
    expect(boundIn('kasten-io-mc')).toBeUndefined();
  });

  function create(resource: string, object: object): void {
    walk.sandbox.kubernetes.create(`${resource}.${RBAC}`, object as never);
  }

  function boundIn(namespace: string): unknown {
    const resource = namespace === '' ? 'clusterrolebindings' : 'rolebindings';
    return walk.sandbox.kubernetes.store.get(`${resource}.${RBAC}`, namespace, BINDING);
  }
});
