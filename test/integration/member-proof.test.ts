import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCluster, type KubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Proof } from '../../src/domain/requests/request.ts';
import { bindingName, prefixedGroup, roleName } from '../../src/domain/setup/naming.ts';
import { proveMembers } from '../../src/workflows/setup/member-proof.ts';
import type { SetupJob } from '../../src/workflows/setup/systems.ts';
import { openAdmin } from '../cluster/support/admin.ts';
import { keepingLog } from '../cluster/support/quiet-log.ts';
import { type InMemoryCluster, startInMemoryCluster } from '../cluster/support/test-cluster.ts';
import { type EntraBench, openBench, person } from '../support/entra-adapter.ts';
import { setupSpec } from '../support/setup-samples.ts';

const RBAC = 'rbac.authorization.k8s.io';
const NAMESPACE = 'kasten-io';

describe('The proof that a member gets in, with Entra and a cluster', () => {
  let place: InMemoryCluster;
  let cluster: KubernetesCluster;
  let bench: EntraBench;

  beforeAll(async () => {
    place = await startInMemoryCluster();
    const kubeconfigPath = await place.kubeconfig();
    const admin = openAdmin(kubeconfigPath);
    cluster = createCluster({
      kubeconfigPath,
      namespace: NAMESPACE,
      release: 'k10',
      levels: [],
      log: keepingLog(),
    });
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    const actions = { apiGroups: ['actions.kio.kasten.io'], resources: ['*'], verbs: ['*'] };
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };
    await admin.create({
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'k10-admin' },
      rules: [actions],
    });
    await admin.create({
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: { name: 'k10-ns-admin', namespace: NAMESPACE },
      rules: [pods],
    });
  });
  afterAll(() => place?.stop());

  beforeEach(async () => {
    bench = await openBench({
      people: [person('Ada')],
      groups: [
        { displayName: 'Admins', members: ['Backup Team'] },
        { displayName: 'Backup Team', members: ['ada@example.com'] },
        ...Array.from({ length: 210 }, (_, index) => ({ displayName: `Team ${index}` })),
      ].toReversed(),
    });
  });
  afterEach(() => bench.close());

  /** Puts Ada into so many more groups. */
  function joins(teams: number): void {
    const ada = bench.entra.directory.findBy('user', 'displayName', 'Ada');
    for (let index = 0; index < teams; index += 1) {
      bench.entra.directory.findBy('group', 'displayName', `Team ${index}`)?.members.add(ada?.id ?? '');
    }
  }

  /** What is proved of the group Admins, bound as far as `roles` says. */
  async function prove(roles: readonly ('admin' | 'ns-admin')[], auth: JsonObject = {}): Promise<Proof[]> {
    const spec = setupSpec();
    const [level] = spec.levels;
    if (level === undefined) throw new Error('The sample has no level.');
    const groupId = bench.entra.directory.findBy('group', 'displayName', 'Admins')?.id ?? '';
    const subject = prefixedGroup(spec.signIn.groupPrefix, groupId);
    for (const kind of roles) {
      const role = roleName(spec.release, kind);
      await cluster.applyBinding(bindingName(level.level, role), role, subject);
    }
    const systems = { directory: bench.directory, cluster };
    const job = { spec, systems, atEnd: () => 'membership' } as unknown as SetupJob;
    return proveMembers(job, { level, groupId, clientId: 'c', auth });
  }

  it('does not hold before the level has all its rights', async () => {
    expect(await prove(['admin'])).toMatchObject([
      { holds: false, detail: 'the cluster does not let them get pods' },
    ]);
  });

  it('holds for somebody who is in the group by way of another one', async () => {
    joins(3);
    expect(await prove(['admin', 'ns-admin'])).toMatchObject([{ holds: true }]);
  });

  it("does not hold where K10's list names another group only", async () => {
    expect(await prove(['admin', 'ns-admin'], { groupAllowList: ['okta-admins'] })).toMatchObject([
      { holds: false, detail: expect.stringContaining('auth.groupAllowList does not name') },
    ]);
  });

  it('does not hold for a member of more groups than a session or a token holds', async () => {
    joins(60);
    expect(await prove(['admin', 'ns-admin'])).toMatchObject([
      { holds: false, detail: expect.stringContaining('62 groups need at least') },
    ]);
    joins(210);
    expect(await prove(['admin', 'ns-admin'])).toMatchObject([
      { holds: false, detail: expect.stringContaining('this account is in 212 security groups') },
    ]);
  });
});
