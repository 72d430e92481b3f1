import type { Controller, ControllerParts } from './controller-parts.ts';
import { startDeployments } from './deployments.ts';
import { startGarbageCollector } from './garbage.ts';
import { startJobs } from './jobs.ts';
import { startKubelet } from './kubelet.ts';
import { startNamespaces } from './namespaces.ts';
import { startReplicaSets } from './replica-sets.ts';

/** Starts everything that acts on objects by itself. */
export function startControllers(parts: ControllerParts): { stop(): Promise<void> } {
  const starters = [
    startNamespaces,
    startGarbageCollector,
    startDeployments,
    startReplicaSets,
    startJobs,
    startKubelet,
  ];
  const controllers: Controller[] = starters.map((start) => start(parts));
  return {
    stop: async () => {
      await Promise.all(controllers.map((controller) => controller.stop()));
    },
  };
}
