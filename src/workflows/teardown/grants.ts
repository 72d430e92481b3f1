import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../step.ts';
import type { TeardownJob } from './systems.ts';

const LOOK_EVERY_MS = 1_000;

/** Ends what was given for a time on this cluster, and waits until Entra shows it: who ends it is the grant's own road. */
export function grantsStep(job: TeardownJob): Step {
  return {
    name: 'grants',
    title: 'Access for a time',
    needs: ['rollout'],
    async apply(run) {
      const live = await job.liveGrants();
      for (const { id } of live) await job.endGrant(id);
      for (let left = live; left.length > 0; left = await job.liveGrants()) {
        run.report(`${left.length} to end`);
        await sleep(LOOK_EVERY_MS, undefined, { signal: run.signal });
      }
      return live.length === 0 ? 'there was none' : `${live.length} ended`;
    },
  };
}
