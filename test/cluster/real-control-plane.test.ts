import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execaNode } from 'execa';
import { createCluster, type KubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { ADMIN_AND_NS_ADMIN } from '../../src/config/schema.ts';
import { credentialSecretName } from '../../src/domain/setup/naming.ts';
import { type Admin, openAdmin } from './support/admin.ts';
import { grantRights } from './support/grant-rights.ts';
import { keepingLog } from './support/quiet-log.ts';
import { type RealCluster, startRealCluster } from './support/real-cluster.ts';
import { reportsOf } from './support/reports.ts';

describe('A real control plane', () => {
  let test: RealCluster;
  let admin: Admin;
  let cluster: KubernetesCluster;

  beforeAll(async () => {
    test = await startRealCluster();
    const kubeconfigPath = await test.kubeconfig();
    admin = openAdmin(kubeconfigPath);
    await admin.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'k' } });
    cluster = open(kubeconfigPath);
  });

  afterAll(() => test.stop());

  function open(kubeconfigPath: string): KubernetesCluster {
    return createCluster({
      kubeconfigPath,
      namespace: 'k',
      release: 'k10',
      levels: ADMIN_AND_NS_ADMIN,
      log: keepingLog(),
    });
  }

  function deployment(name: string) {
    const metadata = { name, namespace: 'k', labels: { release: 'k10' } };
    const containers = [{ name: 'main', image: 'example/none' }];
    const template = { metadata: { labels: { app: name } }, spec: { containers } };
    const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
  }

  it('rolls Deployments out, holds them where it is told to, and lets pods crash', async () => {
    const stop = new AbortController();
    const reports = reportsOf((report) => cluster.watchDeployments(report, stop.signal));
    await admin.create(deployment('auth-svc'));
    await reports.until((all) => all.some(({ name, ready }) => name === 'auth-svc' && ready));
    await test.plane.newPods('held');
    await admin.create(deployment('gateway'));
    await diagnosed('gateway', 'MinimumReplicasUnavailable');
    await test.plane.newPods('crashing');
    await admin.create(deployment('jobs-svc'));
    await diagnosed('jobs-svc', 'CrashLoopBackOff');
    const states = await cluster.listDeployments();
    expect(states.map(({ name, ready }) => [name, ready])).toEqual([
      ['auth-svc', true],
      ['gateway', false],
      ['jobs-svc', false],
    ]);
    stop.abort();
    await reports.ended;
  });

  async function diagnosed(name: string, words: string): Promise<void> {
    let diagnosis = '';
    while (!diagnosis.includes(words)) diagnosis = await cluster.diagnose(name);
  }

  it("lets Kastellan's service account do what the table of rights says, and no more", async () => {
    await admin.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'kastellan', namespace: 'k' },
    });
    const user = 'system:serviceaccount:k:kastellan';
    const own = open(await test.kubeconfig(user));
    await expect(own.readCredential(credentialSecretName('k10'))).rejects.toMatchObject({
      code: 'kubernetes.forbidden',
    });
    await grantRights(admin, 'k', user);
    await expect(own.readCredential(credentialSecretName('k10'))).resolves.toBeUndefined();
    expect((await own.check()).filter(({ verdict }) => verdict !== 'good')).toEqual([]);
  });

  it('forgets nothing while its API is away', async () => {
    await test.plane.killApi();
    await expect(cluster.ping()).rejects.toMatchObject({ code: 'kubernetes.unreachable' });
    await test.plane.bringBackApi();
    await expect(cluster.ping()).resolves.toBeUndefined();
    await expect(admin.read('Deployment', 'auth-svc', 'k')).resolves.toBeDefined();
  });

  it('ends with the process that started it, even by kill -9', async () => {
    const script = fileURLToPath(new URL('support/start-and-die.ts', import.meta.url));
    const parent = execaNode(script, { reject: false });
    const [line] = await once(parent.stdout, 'data');
    const folder = String(line).trim();
    expect(await programsIn(folder)).toHaveLength(5);
    parent.kill('SIGKILL');
    await parent;
    while ((await programsIn(folder)).length > 0);
    await rm(folder, { recursive: true });
  });

  it('shows no token to those who list processes', async () => {
    const lines = await programsIn(test.plane.folder);
    expect(lines).toHaveLength(5);
    expect(lines.join('\n')).not.toContain(test.plane.adminToken);
  });
});

/** The command lines of the processes that name this folder. */
async function programsIn(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}
