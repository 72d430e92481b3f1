import type { DeploymentState } from '../../../src/ports/cluster.ts';

type Report = (states: readonly DeploymentState[]) => void;

/** Starts a watch and lets a test wait for a report that it likes. */
export function reportsOf(watch: (report: Report) => Promise<void>) {
  let latest: readonly DeploymentState[] = [];
  let check: () => void = () => undefined;
  const ended = watch((states) => {
    latest = states;
    check();
  });
  const until = (wanted: (states: readonly DeploymentState[]) => boolean) =>
    new Promise<readonly DeploymentState[]>((resolve, reject) => {
      check = () => {
        if (wanted(latest)) resolve(latest);
      };
      check();
      ended.catch(reject);
    });
  return { ended, until };
}
