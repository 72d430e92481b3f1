import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createCluster, type KubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { ADMIN_AND_NS_ADMIN } from '../../src/config/schema.ts';
import { Secret } from '../../src/domain/secret.ts';
import { credentialSecretName } from '../../src/domain/setup/naming.ts';
import { type Admin, openAdmin } from './support/admin.ts';
import { keepingLog } from './support/quiet-log.ts';
import { reportsOf } from './support/reports.ts';
import { type InMemoryCluster, startInMemoryCluster } from './support/test-cluster.ts';

const CANARY = 'canary-93ab-secret';

// What a real API server does only on bad days.
describe('Kubernetes on a bad day', () => {
  let test: InMemoryCluster;
  let admin: Admin;
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    test = await startInMemoryCluster();
    const kubeconfigPath = await test.kubeconfig();
    admin = openAdmin(kubeconfigPath);
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'k' } });
    cluster = createCluster({
      kubeconfigPath,
      namespace: 'k',
      release: 'k10',
      levels: ADMIN_AND_NS_ADMIN,
      log: keepingLog(),
    });
  });

  afterEach(() => test.faults.clear());
  afterAll(() => test.stop());

  function deployment(name: string, replicas: number) {
    const metadata = { name, namespace: 'k', labels: { release: 'k10' } };
    const containers = [{ name: 'main', image: 'example/none' }];
    const template = { metadata: { labels: { app: name } }, spec: { containers } };
    const spec = { replicas, selector: { matchLabels: { app: name } }, template };
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
  }

  it.each([
    ['is too old', { answer: { status: 410 }, times: 1 }],
    ['is cut', { drop: true, times: 2 }],
    ['is answered by a server that restarts', { answer: { status: 503 }, times: 2 }],
  ])('goes on reporting Deployments after a watch that %s', async (what, fault) => {
    const name = what.replaceAll(' ', '-');
    const stop = new AbortController();
    test.faults.add({ match: { path: 'watch=true' }, ...fault });
    const reports = reportsOf((report) => cluster.watchDeployments(report, stop.signal));
    await admin.create(deployment(name, 0));
    const states = await reports.until((all) => all.some((one) => one.name === name && one.ready));
    expect(states.find((one) => one.name === name)?.status).toBe('ready');
    stop.abort();
    await reports.ended;
  });

  it.each([
    ['3', 3_000],
    ['999999999', 3_600_000],
  ])(
    'says when a busy API server wants to be asked again, an hour at the most: %s',
    async (asked, afterMs) => {
      test.faults.add({ answer: { status: 429, headers: { 'retry-after': asked } } });
      await expect(cluster.ping()).rejects.toMatchObject({
        code: 'kubernetes.busy',
        retry: { when: 'later', afterMs },
      });
    },
  );

  it('counts no actions while the server that runs them is down', async () => {
    test.faults.add({ match: { path: '/apis/actions.kio.kasten.io' }, answer: { status: 503 } });
    await expect(cluster.countRunningActions()).resolves.toBe(0);
  });

  it('names the field and the manager that stand in the way', async () => {
    const causes = [
      { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using v1', field: '.data.x' },
    ];
    const body = { kind: 'Status', status: 'Failure', message: 'Apply failed', details: { causes } };
    test.faults.add({ match: { method: 'PATCH' }, answer: { status: 409, body } });
    await expect(cluster.applyBinding('b', { kind: 'Role', name: 'r' }, 'g')).rejects.toMatchObject({
      code: 'kubernetes.conflict',
      message: expect.stringMatching(/^The field \.data\.x of rolebindings.* was set by kubectl-edit\.$/),
    });
  });

  it('does not repeat the client secret of which the API server quotes a part', async () => {
    const answer = {
      status: 422,
      body: { kind: 'Status', message: `bad value: ${btoa(CANARY)} (${CANARY})` },
    };
    test.faults.add({ match: { method: 'PATCH' }, answer });
    const credential = {
      clientId: 'c',
      keyId: 'k',
      endsAt: '2027-01-01T00:00:00Z',
      secret: new Secret(CANARY),
    };
    const error: unknown = await cluster.writeCredential('s', credential).catch((problem) => problem);
    expect(error).toMatchObject({ code: 'kubernetes.invalid' });
    const text = JSON.stringify([String(error), (error as Error).cause]);
    expect(text).not.toContain(CANARY);
    expect(text).not.toContain(btoa(CANARY));
  });

  it('deletes no Helm record that is not pending', async () => {
    const metadata = { name: 'sh.helm.release.v1.k10.v1', namespace: 'k', labels: { status: 'deployed' } };
    await admin.create({ apiVersion: 'v1', kind: 'Secret', type: 'helm.sh/release.v1', metadata });
    await expect(cluster.helmRecords.deletePending(1)).rejects.toMatchObject({
      code: 'kubernetes.record-not-pending',
    });
    await expect(admin.read('Secret', metadata.name, 'k')).resolves.toBeDefined();
  });

  it("tells a crashing pod's last words without the client secret", async () => {
    const credential = {
      clientId: 'c',
      keyId: 'k',
      endsAt: '2027-01-01T00:00:00Z',
      secret: new Secret(CANARY),
    };
    await cluster.writeCredential(credentialSecretName('k10'), credential);
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    test.crashPods('k', [...lines, `AADSTS7000215: not accepted: ${CANARY}`]);
    await admin.create(deployment('auth-svc', 1));
    let diagnosis = '';
    while (!diagnosis.includes('Last words')) diagnosis = await cluster.diagnose('auth-svc');
    expect(diagnosis).toMatch(/auth-svc-\S+ \/ main: waits: CrashLoopBackOff/);
    expect(diagnosis).toContain('AADSTS7000215: not accepted: [hidden]');
    expect(diagnosis).toContain('line 29');
    expect(diagnosis).not.toContain('line 9\n');
    expect(diagnosis).not.toContain(CANARY);
    expect(diagnosis.length).toBeLessThanOrEqual(3500);
  });
});
