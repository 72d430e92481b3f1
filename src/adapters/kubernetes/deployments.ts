import type { V1Deployment } from '@kubernetes/client-node';
import type { DeploymentState } from '../../ports/cluster.ts';
import type { Connection } from './connection.ts';
import { ask, type Call } from './errors.ts';

/** A release and where it lives. */
export interface ReleaseAddress {
  readonly release: string;
  readonly namespace: string;
}

export function listDeploymentsCall(namespace: string, verb: 'list' | 'watch' = 'list'): Call {
  return { verb, resource: 'deployments.apps', namespace };
}

/** The release's Deployments as the API server has them, and the version of the list a watch goes on from. */
export async function listReleaseDeployments(
  { apps }: Connection,
  address: ReleaseAddress,
): Promise<{ items: V1Deployment[]; resourceVersion: string | undefined }> {
  const { namespace } = address;
  const list = await ask(listDeploymentsCall(namespace), () => apps.listNamespacedDeployment({ namespace }));
  return {
    items: list.items.filter((item) => belongsTo(item, address)),
    resourceVersion: list.metadata?.resourceVersion,
  };
}

/**
 * Whether a Deployment is part of the release. Helm writes the annotation on all it makes, while the labels are up to each
 * chart (K10's and its sub-charts' differ) and are looked at for releases that something other than Helm rendered.
 */
export function belongsTo(deployment: V1Deployment, { release, namespace }: ReleaseAddress): boolean {
  const { annotations = {}, labels = {} } = deployment.metadata ?? {};
  const helmRelease = annotations['meta.helm.sh/release-name'];
  if (helmRelease !== undefined) {
    return helmRelease === release && annotations['meta.helm.sh/release-namespace'] === namespace;
  }
  return labels['release'] === release || labels['app.kubernetes.io/instance'] === release;
}

/** What a person wants to know about a Deployment. */
export function describeDeployment(deployment: V1Deployment): DeploymentState {
  const name = deployment.metadata?.name ?? '';
  const problem = stuckBecause(deployment);
  if (problem !== undefined) return { name, ready: false, status: problem };
  const wanted = deployment.spec?.replicas ?? 1;
  const status = deployment.status ?? {};
  const seen = (status.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0);
  if (!seen) return { name, ready: false, status: 'starting' };
  const updated = status.updatedReplicas ?? 0;
  const leftovers = (status.replicas ?? 0) > updated;
  const available = Math.min(updated, status.availableReplicas ?? 0);
  if (available >= wanted) {
    return { name, ready: !leftovers, status: leftovers ? 'old pods are stopping' : 'ready' };
  }
  return { name, ready: false, status: available === 0 ? 'starting' : `${available} of ${wanted} pods` };
}

// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#failed-deployment
function stuckBecause(deployment: V1Deployment): string | undefined {
  const conditions = deployment.status?.conditions ?? [];
  const stuck = conditions.find(
    ({ type, status }) =>
      (type === 'ReplicaFailure' && status === 'True') || (type === 'Progressing' && status === 'False'),
  );
  return stuck === undefined ? undefined : (stuck.reason ?? stuck.message ?? stuck.type);
}
