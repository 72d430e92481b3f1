import { setTimeout as sleep } from 'node:timers/promises';
import { type Grant, isActive } from '../../domain/access/grant.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { Step } from '../requests/step.ts';
import type { TeardownJob } from './systems.ts';

const POLL_MS = 1_000;
// As long as it takes a worker to try several times.
const STUCK_AFTER_MS = 5 * 60_000;

/**
 * Ends what was given for a time on this cluster, and waits until Entra shows it: who ends it is the grant's own road.
 * Its work throws KastellanError `teardown.access-stuck`.
 */
export function grantsStep(job: TeardownJob): Step {
  return {
    name: 'grants',
    title: 'Access for a time',
    needs: ['rollout'],
    async apply(run) {
      const seen = new Set<string>();
      const patience = patienceOf(job);
      for (let live = await job.liveGrants(); live.length > 0; live = await job.liveGrants()) {
        for (const { id } of live) seen.add(id);
        // Also what was approved before and is given only now.
        for (const { id } of live.filter(isActive)) await job.endGrant(id);
        patience(live);
        run.report(`${live.length} to end`);
        await sleep(POLL_MS, undefined, { signal: run.signal });
      }
      return seen.size === 0 ? 'there was none' : `${seen.size} ended`;
    },
  };
}

/** @returns a look at what is left, which throws `teardown.access-stuck` where nothing moves and each was tried in vain */
function patienceOf({ systems: { clock } }: TeardownJob): (live: readonly Grant[]) => void {
  let [left, since] = [0, 0];
  return (live) => {
    const now = clock.now().getTime();
    if (live.length !== left) [left, since] = [live.length, now];
    const inVain = live.every(({ problem }) => problem !== undefined);
    if (inVain && now - since >= STUCK_AFTER_MS) throw stuck(live);
  };
}

function stuck(grants: readonly Grant[]): KastellanError {
  const whose = grants.map(({ person, level }) => `${person.name} (${level})`).join(', ');
  const why = [...new Set(grants.map(({ problem }) => problem))].join(' ');
  return new KastellanError({
    code: 'teardown.access-stuck',
    message: `Access of ${whose} could not be taken back: ${why}`,
    hint: 'Mend that: it is tried again by itself every minute. Then Retry, or Roll back: K10 has let go of the app, and everything else is still there.',
  });
}
