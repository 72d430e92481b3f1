import type { Cluster, DeploymentState } from '../../ports/cluster.ts';
import type { StepRun } from '../requests/step.ts';

/** Does something long while K10's Deployments are told by name. */
export async function watching<T>(cluster: Cluster, run: StepRun, act: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, run.signal]);
  const watch = cluster
    .watchDeployments((deployments) => run.report(summarise(deployments)), signal)
    // Not being able to watch must not stop what is being watched.
    .catch(() => undefined);
  try {
    return await act();
  } finally {
    over.abort();
    await watch;
  }
}

/** `gateway ready, auth-svc starting, 4 to go`. */
export function summarise(deployments: readonly DeploymentState[]): string {
  const waiting = deployments.filter(({ ready }) => !ready);
  const ready = deployments.filter((deployment) => deployment.ready);
  if (waiting.length === 0) return `all ${deployments.length} Deployments ready`;
  const named = [
    ...ready.slice(-2).map(({ name }) => `${name} ready`),
    ...waiting.slice(0, 3).map(({ name, status }) => `${name} ${status}`),
  ];
  return `${named.join(', ')}, ${waiting.length} to go`;
}
