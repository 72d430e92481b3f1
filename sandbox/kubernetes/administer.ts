import { setTimeout as pause } from 'node:timers/promises';
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
} from '@kubernetes/client-node';
import { type CustomFamily, definitionsOf } from './custom-kinds.ts';
import type { JsonObject } from './json.ts';

const CHECK_EVERY_MS = 50;

/** Creates a namespace as the user of this kubeconfig. */
export async function createNamespace(kubeconfigPath: string, name: string): Promise<void> {
  await configOf(kubeconfigPath)
    .makeApiClient(CoreV1Api)
    .createNamespace({ body: { metadata: { name } } });
}

/** Installs the definitions of custom resources over the API; resolves once their objects are served. */
export async function installCustomResources(
  kubeconfigPath: string,
  families: readonly CustomFamily[],
): Promise<void> {
  const objects = configOf(kubeconfigPath).makeApiClient(CustomObjectsApi);
  const definitions = families.flatMap(definitionsOf);
  // The client for definitions would leave out every field with a dash in its name.
  const kind = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
  for (const body of definitions) await objects.createClusterCustomObject({ ...kind, body });
  // A definition is accepted, and even called established, before its objects are served.
  const isServed = ({ group, version, plural }: Served): Promise<boolean> =>
    objects.listClusterCustomObject({ group, version, plural }).then(
      () => true,
      () => false,
    );
  for (const served of definitions.map(servedBy)) {
    while (!(await isServed(served))) await pause(CHECK_EVERY_MS);
  }
}

/** Deletes the pods of a namespace that are not ready, so that whoever keeps them makes them anew. */
export async function deleteWaitingPods(kubeconfigPath: string, namespace: string): Promise<void> {
  const core = configOf(kubeconfigPath).makeApiClient(CoreV1Api);
  const { items } = await core.listNamespacedPod({ namespace });
  const waiting = items.filter(
    ({ status }) => !status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  await Promise.all(
    waiting.map(({ metadata }) => core.deleteNamespacedPod({ name: metadata?.name ?? '', namespace })),
  );
}

const RBAC = 'rbac.authorization.k8s.io/v1';
const NETWORKING = 'networking.k8s.io/v1';
const IN_NAMESPACE: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['v1', 'Secret'],
  ['v1', 'ConfigMap'],
  ['v1', 'Service'],
  ['v1', 'ServiceAccount'],
  ['v1', 'PersistentVolumeClaim'],
  ['apps/v1', 'Deployment'],
  [NETWORKING, 'NetworkPolicy'],
  [RBAC, 'Role'],
  [RBAC, 'RoleBinding'],
];
const IN_CLUSTER = [
  [RBAC, 'ClusterRole'],
  [RBAC, 'ClusterRoleBinding'],
] as const;

/**
 * `KIND NAME UID at VERSION` of every object in a namespace, and of every object of the whole cluster, that a Helm chart
 * or a bot brings: a write that changes anything changes a line.
 */
export async function objectVersions(kubeconfigPath: string, namespace: string): Promise<string[]> {
  const objects = await listObjects(kubeconfigPath, namespace);
  return objects.map(
    ({ kind, metadata }) => `${kind} ${metadata?.name} ${metadata?.uid} at ${metadata?.resourceVersion}`,
  );
}

/** `KIND NAME` of the same objects. */
export async function objectNames(kubeconfigPath: string, namespace: string): Promise<string[]> {
  const objects = await listObjects(kubeconfigPath, namespace);
  return objects.map(({ kind, metadata }) => `${kind} ${metadata?.name}`);
}

async function listObjects(kubeconfigPath: string, namespace: string): Promise<KubernetesObject[]> {
  const api = KubernetesObjectApi.makeApiClient(configOf(kubeconfigPath));
  const lists = await Promise.all([
    ...IN_NAMESPACE.map(([apiVersion, kind]) => api.list(apiVersion, kind, namespace)),
    ...IN_CLUSTER.map(([apiVersion, kind]) => api.list(apiVersion, kind)),
  ]);
  const kinds = [...IN_NAMESPACE, ...IN_CLUSTER].map(([, kind]) => kind);
  // Objects in a list do not always say what they are.
  return lists.flatMap(({ items }, index) => items.map((item) => ({ ...item, kind: kinds[index] ?? '' })));
}

function configOf(path: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  return config;
}

interface Served {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

function servedBy(definition: JsonObject): Served {
  const { group, names, versions } = definition['spec'] as {
    group: string;
    names: { plural: string };
    versions: { name: string }[];
  };
  return { group, version: versions[0]?.name ?? '', plural: names.plural };
}
