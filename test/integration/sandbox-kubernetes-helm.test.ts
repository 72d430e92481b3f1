import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { numberAt } from '../../sandbox/kubernetes/json.ts';
import { eventually, finished, startTestCluster, type TestCluster } from './sandbox-kubernetes-support.ts';

describe.each([3, 4] as const)('helm %i against the sandbox cluster', (version) => {
  let cluster: TestCluster;
  const deployment = () => cluster.sandbox.store.get('deployments.apps', 'castle', 'gateway');
  const install = () => cluster.helm(['install', 'castle', './chart']);
  const history = async () => {
    const { stdout } = await cluster.helm(['history', 'castle', '-o', 'json']);
    return (JSON.parse(stdout) as { revision: number; status: string }[]).map((entry) => entry.status);
  };

  beforeEach(async () => {
    cluster = await startTestCluster(version);
  });
  afterEach(() => cluster.close());

  it('installs a chart, waits until its pods are ready, and lists it', async () => {
    const ran = await cluster.helm(['install', 'castle', './chart', '--wait', '--timeout', '20s']);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(numberAt(0, deployment(), 'status', 'readyReplicas')).toBe(1);
    const { stdout } = await cluster.helm(['list', '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject([{ name: 'castle', status: 'deployed', revision: '1' }]);
    const metadata = await cluster.helm(['get', 'metadata', 'castle', '-o', 'json']);
    expect(JSON.parse(metadata.stdout)).toMatchObject({ name: 'castle', version: '1.0.0' });
    expect((await cluster.helm(['status', 'castle', '-o', 'json'])).code).toBe(0);
  });

  it('upgrades with --wait and has rolled every pod when it returns', async () => {
    await install();
    const before = await eventually(cluster.sandbox, 'pods', () => true);
    const upgrade = ['upgrade', 'castle', './chart', '--set', 'color=blue', '--wait', '--timeout', '20s'];
    expect(await cluster.helm(upgrade)).toMatchObject({ code: 0 });
    const pods = cluster.sandbox.store.list('pods', 'castle');
    expect(pods.map((pod) => pod.metadata.name)).not.toContain(before.metadata.name);
    const secret = cluster.sandbox.store.get('secrets', 'castle', 'door-key');
    expect(secret?.data).toEqual({ color: Buffer.from('blue').toString('base64') });
    const values = await cluster.helm(['get', 'values', 'castle', '-o', 'json']);
    expect(JSON.parse(values.stdout)).toEqual({ color: 'blue' });
  });

  it('leaves objects and pods alone on an upgrade that changes nothing', async () => {
    await cluster.helm(['install', 'castle', './chart', '--wait', '--timeout', '20s']);
    const before = deployment();
    const pods = cluster.sandbox.store.list('pods', 'castle');
    expect(await cluster.helm(['upgrade', 'castle', './chart'])).toMatchObject({ code: 0 });
    expect(deployment()).toEqual(before);
    expect(cluster.sandbox.store.list('pods', 'castle')).toEqual(pods);
  });

  it('rolls back to the values before and uninstalls without a trace', async () => {
    await install();
    await cluster.helm(['upgrade', 'castle', './chart', '--set', 'replicas=2']);
    expect(numberAt(0, deployment(), 'spec', 'replicas')).toBe(2);
    const ran = await cluster.helm(['rollback', 'castle', '1', '--wait', '--timeout', '20s']);
    expect(ran).toMatchObject({ code: 0 });
    expect(numberAt(0, deployment(), 'spec', 'replicas')).toBe(1);
    expect(await history()).toEqual(['superseded', 'superseded', 'deployed']);
    expect(await cluster.helm(['uninstall', 'castle'])).toMatchObject({ code: 0 });
    expect(deployment()).toBeUndefined();
    expect(cluster.sandbox.store.list('secrets', 'castle')).toEqual([]);
  });

  it('keeps the lock of an upgrade that was killed, and a rollback clears it', async () => {
    await install();
    const upgrade = ['upgrade', 'castle', './chart', '--set', 'mountedSecret=nobody', '--wait'];
    const child = await cluster.startHelm(upgrade);
    const ended = finished(child);
    await eventually(
      cluster.sandbox,
      'events',
      (event) =>
        event['message'] === 'MountVolume.SetUp failed for volume "auth" : secret "nobody" not found',
    );
    child.kill('SIGKILL');
    await ended;
    const next = await cluster.helm(['upgrade', 'castle', './chart']);
    expect(next.stderr).toContain('another operation (install/upgrade/rollback) is in progress');
    expect(await cluster.helm(['rollback', 'castle', '1'])).toMatchObject({ code: 0 });
    expect(await cluster.helm(['upgrade', 'castle', './chart'])).toMatchObject({ code: 0 });
  });

  it('waits in vain for a pod that mounts a missing Secret', async () => {
    const args = [
      'install',
      'castle',
      './chart',
      '--set',
      'mountedSecret=nobody',
      '--wait',
      '--timeout',
      '2s',
    ];
    const ran = await cluster.helm(args);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('context deadline exceeded');
    const [pod] = cluster.sandbox.store.list('pods', 'castle');
    expect(pod?.status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ ready: false, state: { waiting: { reason: 'ContainerCreating' } } }],
    });
  });

  it('says which right is missing when one is taken away', async () => {
    await install();
    grant(cluster, ['get', 'list', 'watch', 'create', 'update', 'delete']);
    const args = ['upgrade', 'castle', './chart', '--set', 'color=green'];
    const refused = await cluster.helm(args, 'mason');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      'secrets "door-key" is forbidden: User "mason" cannot patch resource "secrets" in API group "" in the namespace "castle"',
    );
    expect(await history()).toEqual(['deployed', 'failed']);
  });
});

describe('helm 4 and other writers', () => {
  it('names the field and its owner when somebody else has set it, and overrides on demand', async () => {
    const cluster = await startTestCluster(4);
    try {
      await cluster.helm(['install', 'castle', './chart']);
      const { store } = cluster.sandbox;
      const { AppsV1Api, PatchStrategy, setHeaderOptions } = await import('@kubernetes/client-node');
      await cluster
        .config()
        .makeApiClient(AppsV1Api)
        .patchNamespacedDeployment(
          {
            name: 'gateway',
            namespace: 'castle',
            body: { spec: { replicas: 3 } },
            fieldManager: 'kubectl-edit',
          },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
      const ran = await cluster.helm(['upgrade', 'castle', './chart', '--set', 'replicas=2']);
      expect(ran.stderr).toContain(
        'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
      );
      const args = ['upgrade', 'castle', './chart', '--set', 'replicas=2', '--force-conflicts'];
      expect(await cluster.helm(args)).toMatchObject({ code: 0 });
      expect(store.get('deployments.apps', 'castle', 'gateway')?.spec).toMatchObject({ replicas: 2 });
    } finally {
      await cluster.close();
    }
  });
});

function grant({ sandbox }: TestCluster, verbs: string[]): void {
  const apiGroups = ['', 'apps'];
  sandbox.create('roles.rbac.authorization.k8s.io', {
    metadata: { name: 'mason', namespace: 'castle' },
    rules: [{ apiGroups, resources: ['*'], verbs }],
  });
  sandbox.create('rolebindings.rbac.authorization.k8s.io', {
    metadata: { name: 'mason', namespace: 'castle' },
    roleRef: { kind: 'Role', name: 'mason' },
    subjects: [{ kind: 'User', name: 'mason' }],
  });
}
