import { KastellanError } from '../../domain/errors.ts';
import type { DeploymentState } from '../../ports.ts';
import type { Step } from '../step.ts';
import { likelyCause } from './likely-cause.ts';
import type { ReleaseWork } from './release-work.ts';
import { summarise } from './watching.ts';

/** Waits until every Deployment of K10 is ready, naming each as it comes. */
export function rolloutStep({ systems }: Pick<ReleaseWork, 'systems'>): Step {
  const { cluster, upgradeTimeout } = systems;
  return {
    name: 'rollout',
    title: 'K10 pods',
    needs: ['release'],
    async apply(run) {
      const first = await cluster.listDeployments();
      if (allReady(first)) return `${first.length} Deployments ready`;
      const over = new AbortController();
      const signal = AbortSignal.any([over.signal, run.signal, AbortSignal.timeout(upgradeTimeout)]);
      let last: readonly DeploymentState[] = first;
      await cluster.watchDeployments((deployments) => {
        last = deployments;
        run.report(summarise(deployments));
        if (allReady(deployments)) over.abort();
      }, signal);
      run.signal.throwIfAborted();
      if (!allReady(last)) throw await notReady(systems, last);
      return `${last.length} Deployments ready`;
    },
  };
}

function allReady(deployments: readonly DeploymentState[]): boolean {
  return deployments.every(({ ready }) => ready);
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
