import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KastellanError } from '../../src/domain/errors.ts';
import type { RequestState } from '../../src/domain/requests/request.ts';
import { processRequest } from '../../src/operations/requests/process-request.ts';
import { WorkerSlots } from '../../src/operations/requests/worker-slots.ts';
import { AccessWorld } from '../support/access-world.ts';
import { sampleRequest } from '../support/sample-request.ts';

let house: AccessWorld;

beforeEach(async () => {
  house = await AccessWorld.start();
});
afterEach(() => house.close());

/** Lets a worker at a set-up of a cluster that somebody took out of kastellan.yaml meanwhile. */
async function worksOn(state: RequestState) {
  const request = sampleRequest({ id: state, cluster: 'old', state });
  await house.world.requests.create(request, { action: 'request.created', actor: request.asker });
  const world = {
    ...house.world,
    openCluster: () => {
      throw new KastellanError({ code: 'cluster.unknown', message: 'There is no cluster called old.' });
    },
  };
  const places = new WorkerSlots({ total: 1, each: 1 });
  await processRequest(world, request.id, new AbortController().signal, places);
  return house.request(request.id);
}

describe('a request whose cluster is not in the configuration any more', () => {
  it.each(['approved', 'running'] as const)('fails with the reason where it was %s', async (state) => {
    expect(await worksOn(state)).toMatchObject({
      state: 'failed',
      failure: { code: 'cluster.unknown', message: 'There is no cluster called old.' },
    });
    expect(house.told.map(({ topic }) => topic)).toEqual([expect.stringMatching(/^failed-/)]);
  });

  it('is refused with the reason where it was not planned yet', async () => {
    expect(await worksOn('planning')).toMatchObject({
      state: 'refused',
      failure: { code: 'cluster.unknown' },
    });
  });

  it('names what stands in the way where it is to be rolled back', async () => {
    expect(await worksOn('undoing')).toMatchObject({
      state: 'needs-operator',
      leftovers: ['There is no cluster called old.'],
    });
  });
});
