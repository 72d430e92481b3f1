import type { Entry } from '../../sandbox/entra/directory.ts';
import type { InMemoryK10Cluster } from '../../sandbox/k10-cluster.ts';
import type { KubeObject } from '../../sandbox/kubernetes/objects.ts';
import { unpackRecord } from '../../sandbox/tools/helm-record.ts';
import type { Sandbox } from '../../sandbox/world.ts';

/** A cluster as it is looked at here; of a whole sandbox, the first one. */
export type Place = Pick<InMemoryK10Cluster, 'kubernetes'>;

export const OWN_BINDINGS = [
  'clusterrolebindings.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
] as const;

/** Helm's own records of the release, one a revision. */
export function recordsOf({ kubernetes }: Place): KubeObject[] {
  return kubernetes.store
    .list('secrets', 'kasten-io')
    .filter(({ metadata }) => metadata.name.startsWith('sh.helm.release.v1.k10.'));
}

export function revisionOf(record: KubeObject): number {
  return Number(/\.v(\d+)$/.exec(record.metadata.name)?.[1]);
}

export function statusOf(record: KubeObject): string {
  return record.metadata.labels?.['status'] ?? '';
}

/** @throws Error where the sandbox has no cluster of that name */
export function clusterNamed({ clusters }: Sandbox, name: string): InMemoryK10Cluster {
  const found = clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new Error(`There is no cluster ${name}`);
  return found;
}

/** What is installed now: the newest revision, its state, and the user's values in it. */
export function releaseOf(place: Place) {
  const newest = recordsOf(place).toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
  if (newest === undefined) return { revision: 0, status: 'missing', values: {}, all: [] };
  const unpacked = JSON.parse(unpackRecord(newest['data'])) as { config?: Record<string, unknown> };
  return {
    revision: revisionOf(newest),
    status: statusOf(newest),
    values: unpacked.config ?? {},
    all: recordsOf(place).map(revisionOf),
  };
}

/** Directory objects of one kind that were not there from the beginning. */
export function made(sandbox: Sandbox, kind: 'group' | 'application' | 'servicePrincipal'): Entry[] {
  return sandbox.entra.directory
    .all(kind)
    .filter(
      ({ properties }) => !['Kastellan', 'Microsoft Graph'].includes(String(properties['displayName'])),
    );
}
