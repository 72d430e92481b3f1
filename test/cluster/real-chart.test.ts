import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppsV1Api, CoreV1Api, KubeConfig, type V1Deployment } from '@kubernetes/client-node';
import { execa } from 'execa';
import { dump, load } from 'js-yaml';
import { createNamespace } from '../../sandbox/kubernetes/administer.ts';
import { helmBinary, kubectlBinary } from '../../sandbox/tools/helm.ts';
import { fetchDefinitions } from '../control-plane/definitions.ts';
import { CHART, MINIMAL, render, SHAPES } from '../support/chart.ts';
import { type RealCluster, startRealCluster } from './support/real-cluster.ts';

const NAMESPACE = 'kastellan';

/** What is made for the operators of others. */
const FOR_OPERATORS = {
  metrics: {
    serviceMonitor: { enabled: true, labels: { release: 'prometheus' } },
    rules: { enabled: true, runbooks: 'https://git.example.com/kastellan/' },
  },
  secrets: {
    external: {
      enabled: true,
      store: { name: 'vault', kind: 'ClusterSecretStore' },
      keys: { SLACK_BOT_TOKEN: 'kastellan/slack-bot', SLACK_APP_TOKEN: 'kastellan/slack-app' },
    },
  },
};
const SHAPES_HERE = { ...SHAPES, 'custom resources for Prometheus and for external secrets': FOR_OPERATORS };

// With the newest Helm; the chart renders the same with the older one.
describe('The chart on a real control plane', () => {
  let cluster: RealCluster;
  let kubeconfig: string;
  let apps: AppsV1Api;
  let core: CoreV1Api;

  beforeAll(async () => {
    cluster = await startRealCluster();
    kubeconfig = await cluster.kubeconfig();
    for (const name of [NAMESPACE, 'kasten-io']) await createNamespace(kubeconfig, name);
    await define(await fetchDefinitions());
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    [apps, core] = [config.makeApiClient(AppsV1Api), config.makeApiClient(CoreV1Api)];
  });
  afterAll(() => cluster?.stop());

  async function helm(...args: readonly string[]): Promise<void> {
    const where = ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE];
    await execa(await helmBinary(4), [...args, ...where], { env: { HOME: cluster.folder } });
  }

  /** Too large for the note of what was applied, which `kubectl apply` makes by itself. */
  async function define(files: readonly string[]): Promise<void> {
    const named = ['--kubeconfig', kubeconfig, ...files.flatMap((file) => ['--filename', file])];
    await execa(await kubectlBinary(), ['apply', '--server-side', ...named]);
    await execa(await kubectlBinary(), ['wait', '--for', 'condition=Established', ...named]);
  }

  async function withValues(verb: 'install' | 'upgrade', values: object): Promise<void> {
    const file = join(cluster.folder, 'values.yaml');
    await writeFile(file, dump({ ...MINIMAL, ...values }));
    await helm(verb, 'kastellan', CHART, '--values', file);
  }

  it.each(Object.entries(SHAPES_HERE))(
    'is taken by the API server without a warning: %s',
    async (_name, shape) => {
      const { all } = await execa(
        await kubectlBinary(),
        ['--kubeconfig', kubeconfig, 'apply', '--dry-run=server', '--validate=strict', '-f', '-'],
        { input: (await render(shape)).map((object) => dump(object)).join('---\n'), all: true },
      );
      const odd = all.split('\n').filter((line) => !/ created \(server dry run\)$/.test(line));
      expect(odd).toEqual([]);
    },
  );

  it('leaves nothing behind when an ID of Entra is missing, and says which to set', async () => {
    const { tenantId } = MINIMAL.entra;
    await expect(withValues('install', { entra: {} })).rejects.toThrow(/set entra\.tenantId/);
    await expect(withValues('install', { entra: { tenantId } })).rejects.toThrow(/set entra\.clientId/);
    const { items } = await core.listNamespacedSecret({ namespace: NAMESPACE });
    expect(items.filter(({ type }) => type === 'helm.sh/release.v1')).toEqual([]);
  });

  it('is installed, upgraded with another configuration, and rolled back to the first', async () => {
    await withValues('install', FOR_OPERATORS);
    const first = await rolledOut();
    expect(await operators()).toBeUndefined();
    const password = await redisPassword();

    await withValues('upgrade', {
      ...FOR_OPERATORS,
      config: { ...MINIMAL.config, operators: ['U0123456789'] },
    });
    const second = await rolledOut();
    expect(await operators()).toEqual(['U0123456789']);
    expect(markOf(second)).not.toBe(markOf(first));
    expect(await redisPassword()).toBe(password);

    await helm('rollback', 'kastellan', '1');
    const third = await rolledOut();
    expect(await operators()).toBeUndefined();
    expect(markOf(third)).toBe(markOf(first));
    expect(await redisPassword()).toBe(password);
  });

  /** Waits until the newest pods of Kastellan are all that is left. */
  async function rolledOut(): Promise<V1Deployment> {
    for (;;) {
      const found = await apps.readNamespacedDeployment({ name: 'kastellan', namespace: NAMESPACE });
      const { replicas, updatedReplicas, readyReplicas, observedGeneration } = found.status ?? {};
      const seen = observedGeneration === found.metadata?.generation;
      if (seen && replicas === 2 && updatedReplicas === 2 && readyReplicas === 2) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async function operators(): Promise<unknown> {
    const { data } = await core.readNamespacedConfigMap({ name: 'kastellan', namespace: NAMESPACE });
    return (load(data?.['kastellan.yaml'] ?? '') as { operators?: unknown }).operators;
  }

  async function redisPassword(): Promise<string | undefined> {
    const { data } = await core.readNamespacedSecret({ name: 'kastellan-redis', namespace: NAMESPACE });
    return data?.['password'];
  }
});

function markOf({ spec }: V1Deployment): string | undefined {
  return spec?.template.metadata?.annotations?.['checksum/config'];
}
