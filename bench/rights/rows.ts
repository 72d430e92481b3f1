import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig, KubernetesObjectApi } from '@kubernetes/client-node';
import { applyDocumentedRights, SERVICE_ACCOUNT_USER } from '../../sandbox/documented-rights.ts';
import { startKubernetes } from '../../sandbox/kubernetes/server.ts';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { createCluster, type KubernetesCluster } from '../../src/adapters/kubernetes/cluster.ts';
import { ADMIN_AND_NS_ADMIN } from '../../src/config/schema.ts';
import type { ObjectVerbs } from '../../src/domain/setup/rights-review.ts';
import type { Measured, Row } from '../report.ts';
import { median } from '../statistics.ts';

/** How long the cluster takes for each answer. */
const LATENCY_MS = 150;
const OBJECTS = 200;
const NAMESPACE = 'kasten-io';
const MOST_SECONDS = 1;

/** [apiVersion, kind, name, namespace] of what is in K10's chart once; the rest of the 200 are Services and Deployments. */
const ONCE: readonly (readonly [apiVersion: string, kind: string, name: string, namespace?: string])[] = [
  ...['actions', 'apps', 'repositories', 'vault'].map(
    (group) => ['apiregistration.k8s.io/v1', 'APIService', `v1alpha1.${group}.kio.kasten.io`] as const,
  ),
  ...['admin', 'basic', 'config-view', 'mc-admin'].map(
    (role) => ['rbac.authorization.k8s.io/v1', 'ClusterRole', `k10-${role}`] as const,
  ),
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'kasten-io-k10-k10-admin'],
  ['rbac.authorization.k8s.io/v1', 'Role', 'k10-ns-admin', NAMESPACE],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'kasten-io-k10-k10-ns-admin', NAMESPACE],
  ['rbac.authorization.k8s.io/v1', 'Role', 'kasten-default', 'default'],
  ['rbac.authorization.k8s.io/v1', 'RoleBinding', 'kasten-default', 'default'],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'default-deny', NAMESPACE],
  ['networking.k8s.io/v1', 'Ingress', 'k10-ingress', NAMESPACE],
  ...['ConfigMap', 'Secret', 'ServiceAccount', 'PersistentVolumeClaim'].map(
    (kind) => ['v1', kind, 'k10', NAMESPACE] as const,
  ),
];

/** The rights of a plan, asked of a cluster that is as slow as one far away. */
export async function measureRights(quick: boolean): Promise<Measured> {
  const home = await mkdtemp(join(tmpdir(), 'kastellan-bench-'));
  const authority = await createAuthority();
  const tls = { ...(await authority.issue()), ca: authority.certificate };
  const kubernetes = await startKubernetes({ tls, customResources: ['kasten'] });
  try {
    const cluster = await openAsKastellan(kubernetes, home);
    kubernetes.faults.add({ match: { user: SERVICE_ACCOUNT_USER }, delayMs: LATENCY_MS });
    const samples: number[] = [];
    for (let round = 0; round < (quick ? 3 : 9); round += 1) samples.push(await secondsOfReview(cluster));
    return { rows: [rowOf(samples)], samples: { latencyMs: LATENCY_MS, objects: OBJECTS, seconds: samples } };
  } finally {
    await kubernetes.close();
    await rm(home, { recursive: true });
  }
}

async function openAsKastellan(
  kubernetes: Awaited<ReturnType<typeof startKubernetes>>,
  home: string,
): Promise<KubernetesCluster> {
  const [admin, own] = [join(home, 'admin.yaml'), join(home, 'own.yaml')];
  await writeFile(admin, kubernetes.kubeconfig());
  await writeFile(own, kubernetes.kubeconfig(SERVICE_ACCOUNT_USER));
  const config = new KubeConfig();
  config.loadFromFile(admin);
  const metadata = { name: NAMESPACE };
  await KubernetesObjectApi.makeApiClient(config).create({ apiVersion: 'v1', kind: 'Namespace', metadata });
  await applyDocumentedRights(admin);
  const silent = (): void => undefined;
  return createCluster({
    kubeconfigPath: own,
    namespace: NAMESPACE,
    release: 'k10',
    levels: ADMIN_AND_NS_ADMIN,
    log: { info: silent, warn: silent, error: silent },
  });
}

// As a plan does it: Kastellan's own rights beside Helm's, of which those on its objects are part.
async function secondsOfReview(cluster: KubernetesCluster): Promise<number> {
  const began = performance.now();
  const reviews = await Promise.all([cluster.reviewRights(), cluster.reviewUpgradeRights(objects())]);
  const seconds = (performance.now() - began) / 1_000;
  const found = reviews.flatMap(({ missing, unknown }) => [...missing, ...unknown]);
  if (found.length > 0) throw new Error(`The documented rights do not reach: ${JSON.stringify(found)}`);
  return seconds;
}

function objects(): ObjectVerbs[] {
  const many = Array.from({ length: OBJECTS - ONCE.length }, (_, index) =>
    index % 2 === 0
      ? (['apps/v1', 'Deployment', `svc-${index}`, NAMESPACE] as const)
      : (['v1', 'Service', `svc-${index}`, NAMESPACE] as const),
  );
  return [...ONCE, ...many].map(([apiVersion, kind, name, namespace]) => ({
    object: { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) },
    verbs: ['get', 'patch'],
  }));
}

function rowOf(seconds: readonly number[]): Row {
  return {
    name: `rights of a plan: ${OBJECTS} objects, ${LATENCY_MS} ms for each answer, beside the rest`,
    product: `${median(seconds).toFixed(2)} s`,
    baseline: '',
    value: median(seconds),
    atMost: MOST_SECONDS,
    spread: [Math.min(...seconds), Math.max(...seconds)],
  };
}
