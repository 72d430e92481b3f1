import { KastellanError } from '../../domain/errors.ts';
import type { DeploymentState } from '../../ports/cluster.ts';
import type { Step, StepRun } from '../requests/step.ts';
import { likelyCause } from './likely-cause.ts';
import type { ReleaseWork } from './release-work.ts';
import { summarise } from './watching.ts';

/**
 * Waits until every Deployment of K10 is ready, naming each as it comes.
 * Its work throws KastellanError `setup.not-ready`.
 */
export function rolloutStep({ systems }: Pick<ReleaseWork, 'systems'>): Step {
  return {
    name: 'rollout',
    title: 'K10 pods',
    needs: ['release'],
    apply: (run) => untilReady(systems, run, () => true),
  };
}

/**
 * Waits until those of K10's Deployments are ready that are meant, naming each as it comes.
 * @returns how many there are, in words
 * @throws KastellanError `setup.not-ready`, with why
 */
export async function untilReady(
  systems: ReleaseWork['systems'],
  run: StepRun,
  isMeant: (deployment: DeploymentState) => boolean,
): Promise<string> {
  const { cluster, upgradeTimeout } = systems;
  let last = (await cluster.listDeployments()).filter(isMeant);
  // What is said to have failed now failed before: it says something else first when its new pods are looked after.
  const failedBefore = new Set(last.filter(hasFailed).map(({ name }) => name));
  if (!allReady(last)) {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, run.signal, AbortSignal.timeout(upgradeTimeout)]);
    await cluster.watchDeployments((deployments) => {
      last = deployments.filter(isMeant);
      run.report(summarise(last));
      for (const deployment of last) if (!hasFailed(deployment)) failedBefore.delete(deployment.name);
      const failed = last.some((deployment) => hasFailed(deployment) && !failedBefore.has(deployment.name));
      if (failed || allReady(last)) over.abort();
    }, signal);
    run.signal.throwIfAborted();
  }
  if (!allReady(last)) throw await notReady(systems, last);
  return `${last.length} Deployments ready`;
}

function allReady(deployments: readonly DeploymentState[]): boolean {
  return deployments.every(({ ready }) => ready);
}

// Kubernetes itself says when it has given up hope; waiting longer would only keep people waiting.
function hasFailed({ status }: DeploymentState): boolean {
  return status === 'ProgressDeadlineExceeded';
}

async function notReady(
  { cluster }: ReleaseWork['systems'],
  deployments: readonly DeploymentState[],
): Promise<KastellanError> {
  const stuck = deployments.find(({ ready }) => !ready);
  const words = stuck === undefined ? '' : await cluster.diagnose(stuck.name);
  return new KastellanError({
    code: 'setup.not-ready',
    message: `${stuck?.name ?? 'K10'} did not become ready. ${words}`.trim(),
    hint: likelyCause(words) ?? 'Mend what keeps it from starting and retry from here, or roll back.',
  });
}
