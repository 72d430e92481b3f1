import { setTimeout as pause } from 'node:timers/promises';
import {
  CoreV1Api,
  Health,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1Node,
  type V1PersistentVolume,
} from '@kubernetes/client-node';
import { type Fate, NODES, nodeObjects, volumeObjects } from './nodes.ts';

const CHECK_EVERY_MS = 50;
const PATIENCE_MS = 90_000;

/** What starting and running the control plane needs of its API. */
export interface System {
  /** Resolves once the API server says that it is ready. */
  ready(): Promise<void>;
  /** Makes the nodes and volumes; resolves once they are ready and the controllers have done their first work. */
  settled(): Promise<void>;
  newPods(fate: Fate): Promise<void>;
  accountToken(namespace: string, name: string): Promise<string>;
}

/** Opens the API as an administrator; nothing is sent yet. */
export function openSystem(address: { url: string; ca: string; token: string }): System {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'x', server: address.url, caData: Buffer.from(address.ca).toString('base64') }],
    users: [{ name: 'x', token: address.token }],
    contexts: [{ name: 'x', cluster: 'x', user: 'x' }],
    currentContext: 'x',
  });
  const core = config.makeApiClient(CoreV1Api);
  const health = new Health(config);
  return {
    ready: () => until('the API server', () => health.readyz({})),
    async settled() {
      for (const body of nodeObjects()) await core.createNode({ body: body as V1Node });
      await Promise.all(
        volumeObjects().map((body) => core.createPersistentVolume({ body: body as V1PersistentVolume })),
      );
      await until('the nodes', async () => {
        const { items } = await core.listNode();
        return items.every(nodeIsReady);
      });
      // Made by one of the controllers, so these run now.
      await until('the controllers', () =>
        core.readNamespacedServiceAccount({ namespace: 'default', name: 'default' }).then(Boolean),
      );
    },
    async newPods(fate) {
      for (const [name, node] of Object.entries(NODES)) {
        await core.patchNode(
          { name: node, body: { spec: { unschedulable: name !== fate } } },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
      }
    },
    async accountToken(namespace, name) {
      const body = { spec: { audiences: [] } };
      const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body });
      if (!status?.token) throw new Error(`no token for ${namespace}/${name}`);
      return status.token;
    },
  };
}

function nodeIsReady(node: V1Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const started = Date.now();
  while (!(await check().catch(() => false))) {
    if (Date.now() - started > PATIENCE_MS) throw new Error(`${what} did not become ready`);
    await pause(CHECK_EVERY_MS);
  }
}
