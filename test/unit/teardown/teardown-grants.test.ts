import { describe, expect, it } from '@jest/globals';
import type { Grant } from '../../../src/domain/access/grant.ts';
import { grantsStep } from '../../../src/workflows/teardown/grants.ts';
import type { TeardownJob } from '../../../src/workflows/teardown/systems.ts';
import { memoryBindings } from '../../support/memory-bindings.ts';
import { sampleGrant } from '../../support/sample-grant.ts';

const MINUTE_MS = 60_000;

/** A tear-down that finds these grants; each look at the clock is a minute after the one before. */
function tearDown(live: Map<string, Grant>, endGrant: (id: string) => void) {
  let now = 0;
  const job = {
    request: { cluster: 'prod-eu' },
    systems: {
      clock: {
        now: () => {
          now += MINUTE_MS;
          return new Date(now);
        },
      },
    },
    liveGrants: async () => [...live.values()],
    endGrant: async (id: string) => endGrant(id),
  };
  return grantsStep(job as unknown as TeardownJob).apply(memoryBindings().run);
}

describe('access for a time on a cluster that is torn down', () => {
  it('ends, also what was given while the others ended', async () => {
    const live = new Map([['first', sampleGrant({ id: 'first' })]]);
    const done = tearDown(live, (id) => {
      live.delete(id);
      if (id === 'first') live.set('second', sampleGrant({ id: 'second' }));
    });
    expect(await done).toBe('2 ended');
    expect(live.size).toBe(0);
  });

  it('stops the tear-down where it cannot be taken back, and says whose it is and why', async () => {
    const stuck = sampleGrant({
      state: 'ending',
      problem: 'Entra does not let Kastellan change this group.',
    });
    const failure = await tearDown(new Map([[stuck.id, stuck]]), () => undefined).catch((error) => error);
    expect(failure).toMatchObject({
      code: 'teardown.access-stuck',
      message:
        'Access of Ada (admin) could not be taken back: Entra does not let Kastellan change this group.',
      retry: { when: 'never' },
    });
    expect(failure.hint).toContain('Retry');
  });
});
