import { dirname } from 'node:path';
import { execa } from 'execa';
import { chartVersions } from '../../sandbox/k10/chart-packages.ts';
import { livedInValues } from '../../sandbox/k10/install.ts';
import type { InMemoryK10Cluster } from '../../sandbox/k10-cluster.ts';
import type { Sandbox } from '../../sandbox/world.ts';
import { OWN_BINDINGS, recordsOf, revisionOf, statusOf } from './seen.ts';

/** Takes away what a set-up made, behind Kastellan's back: the next try finds a bare K10 in an empty tenant. */
export async function makeBare(sandbox: Sandbox): Promise<void> {
  heal(sandbox);
  emptyTenant(sandbox);
  for (const cluster of sandbox.clusters) await makeClusterBare(sandbox, cluster);
}

async function makeClusterBare(sandbox: Sandbox, cluster: InMemoryK10Cluster): Promise<void> {
  const { store } = cluster.kubernetes;
  for (const resource of OWN_BINDINGS) {
    for (const { metadata } of store.list(resource)) {
      if (metadata.name.startsWith('kastellan-'))
        store.remove(resource, metadata.namespace ?? '', metadata.name);
    }
  }
  for (const { metadata } of store.list('secrets', 'kasten-io')) {
    if (metadata.name.startsWith('kastellan-k10-oidc')) store.remove('secrets', 'kasten-io', metadata.name);
  }
  await bareRelease(sandbox, cluster);
}

/** Nothing misbehaves any more. */
function heal({ entra, clusters }: Sandbox): void {
  for (const { kubernetes } of clusters) {
    kubernetes.faults.clear();
    kubernetes.gate.release();
  }
  Object.assign(entra.knobs, {
    replicationLagMs: 0,
    throttle: { every: 0, retryAfterSeconds: 1 },
    unavailableNext: 0,
    conflictNext: 0,
    secretAcceptedAfterMs: 0,
    latencyMs: 0,
    revokedPermissions: [],
  });
}

function emptyTenant({ entra }: Sandbox): void {
  const { directory } = entra;
  for (const [id, { kind, properties }] of directory.entries) {
    const own = properties['displayName'] === 'Kastellan' || properties['displayName'] === 'Microsoft Graph';
    if (kind !== 'user' && !own) directory.entries.delete(id);
  }
  directory.deleted.clear();
  const consent = directory.assignments.filter(({ principalType }) => principalType === 'ServicePrincipal');
  directory.assignments.splice(0, directory.assignments.length, ...consent);
}

async function bareRelease(sandbox: Sandbox, cluster: InMemoryK10Cluster): Promise<void> {
  const { store } = cluster.kubernetes;
  for (const record of recordsOf(cluster)) {
    if (statusOf(record).startsWith('pending-')) store.remove('secrets', 'kasten-io', record.metadata.name);
  }
  const records = recordsOf(cluster).toSorted((a, b) => revisionOf(a) - revisionOf(b));
  const newest = records.at(-1);
  if (newest !== undefined && revisionOf(newest) === 1) return;
  await upgradeByHand(sandbox, {}, cluster);
}

/** `helm upgrade` as somebody at a terminal runs it: the values of the beginning, and some of their own. */
export async function upgradeByHand(
  sandbox: Sandbox,
  values: Record<string, unknown>,
  { kubeconfig }: InMemoryK10Cluster = sandbox.clusters[0],
): Promise<void> {
  const { environment, repository } = sandbox;
  const home = dirname(environment['KASTELLAN_CONFIG'] ?? '');
  const args = ['upgrade', 'k10', 'k10', '--repo', repository.url, '--version', chartVersions.usual];
  const into = ['--kubeconfig', kubeconfig, '--namespace', 'kasten-io', '--reset-values', '--values', '-'];
  await execa(
    environment['KASTELLAN_HELM'] ?? 'helm',
    [...args, ...into, '--wait=legacy', '--timeout', '1m'],
    {
      input: JSON.stringify({ ...livedInValues, ...values }),
      cwd: home,
      env: { HOME: `${home}/helm-home`, PATH: '/usr/bin:/bin' },
      extendEnv: false,
    },
  );
}
