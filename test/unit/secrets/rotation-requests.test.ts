import { describe, expect, it } from '@jest/globals';
import { dayAfter } from '../../../src/domain/calendar.ts';
import type { RequestOf } from '../../../src/domain/requests/request.ts';
import { postponeRotation } from '../../../src/operations/secrets/postpone-rotation.ts';
import { requestRotation } from '../../../src/operations/secrets/request-rotation.ts';
import type { World } from '../../../src/ports/world.ts';
import { memoryWorld } from '../../support/memory-world.ts';
import { sampleRequest } from '../../support/sample-request.ts';

const NOW = new Date('2026-12-01T10:00:00.000Z');
const SETUP = sampleRequest({ id: 'setup', state: 'done' });
const APPROVER = 'U0APPROVER';

function house() {
  const memory = memoryWorld({
    find: async () => undefined,
    membersOf: async () => [APPROVER],
    findByEmail: async () => undefined,
  });
  const world: World = {
    ...memory.world,
    clock: { now: () => NOW },
    leases: {
      acquire: async () => ({ signal: new AbortController().signal, release: async () => undefined }),
      holder: async () => undefined,
    },
  };
  memory.requests.set(SETUP.id, SETUP);
  return { ...memory, world };
}

const { plan: _plan, ...BASE } = SETUP;

/** One that the calendar has announced for a secret that ends on 5 December. */
const ANNOUNCED: RequestOf<'rotation'> = {
  ...BASE,
  id: 'announced',
  kind: 'rotation',
  state: 'approved',
  asker: 'kastellan',
  spec: { setup: SETUP.spec, endsAt: '2026-12-05T12:00:00.000Z' },
};
const TEARDOWN: RequestOf<'teardown'> = {
  ...BASE,
  id: 'teardown',
  kind: 'teardown',
  state: 'pending',
  spec: { setup: SETUP.spec, setupId: SETUP.id, levels: [], remove: [] },
};

describe('a rotation that somebody asks for', () => {
  it('takes the place of one that the calendar has announced', async () => {
    const { world, requests } = house();
    requests.set(ANNOUNCED.id, ANNOUNCED);
    expect(await requestRotation(world, 'U1', 'prod-eu')).toMatchObject({ ok: true });
    expect(requests.get(ANNOUNCED.id)).toMatchObject({ state: 'withdrawn' });
  });

  it('does not, and leaves that one be, where a tear-down is not over yet', async () => {
    const { world, requests } = house();
    requests.set(ANNOUNCED.id, ANNOUNCED);
    requests.set(TEARDOWN.id, TEARDOWN);
    const refusal = { ok: false, why: 'under-way', request: { id: TEARDOWN.id } };
    expect(await requestRotation(world, 'U1', 'prod-eu')).toMatchObject(refusal);
    expect(requests.get(ANNOUNCED.id)).toMatchObject({ state: 'approved' });
    expect(requests.size).toBe(3);
  });
});

describe('putting off a rotation', () => {
  it.each(['2026-12-01', '2026-12-06'])(
    'does not count for %s, on which it would be too late',
    async (until) => {
      const { world, requests } = house();
      requests.set(ANNOUNCED.id, ANNOUNCED);
      expect(await postponeRotation(world, ANNOUNCED.id, APPROVER, { until, reason: 'busy' })).toMatchObject({
        why: 'other-day',
        days: { first: '2026-12-02', last: '2026-12-05' },
      });
      expect(requests.get(ANNOUNCED.id)).toMatchObject({ state: 'approved' });
    },
  );

  it('counts up to the day on which the secret ends', async () => {
    const { world, requests } = house();
    requests.set(ANNOUNCED.id, ANNOUNCED);
    const choice = { until: '2026-12-05', reason: 'busy' };
    expect(await postponeRotation(world, ANNOUNCED.id, APPROVER, choice)).toBeUndefined();
    expect(requests.get(ANNOUNCED.id)).toMatchObject({ state: 'withdrawn', spec: { postponed: choice } });
  });

  it('begins tomorrow, also on the day with 25 hours', () => {
    expect(dayAfter(new Date('2026-10-24T22:15:00.000Z'), 'Europe/Berlin')).toBe('2026-10-26');
  });
});
