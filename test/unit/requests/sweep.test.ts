import { describe, expect, it } from '@jest/globals';
import type { Request, RequestOf, RequestState } from '../../../src/domain/requests/request.ts';
import { emptyDay, signInCardId } from '../../../src/domain/status/sign-in-log.ts';
import { expireAndRemind } from '../../../src/operations/requests/expire.ts';
import { sweep } from '../../../src/operations/requests/sweep.ts';
import type { CardView } from '../../../src/ports/messenger.ts';
import { memoryWorld } from '../../support/memory-world.ts';
import { sampleRequest } from '../../support/sample-request.ts';

const EVENT = { action: 'request.created', actor: 'U1' };

const PEOPLE = { find: async () => undefined, membersOf: async () => [], findByEmail: async () => undefined };

/** What people are told directly once the sweep has looked at these requests: `U1 done-4`. */
async function toldOf(requests: readonly Request[]): Promise<string[]> {
  const told: string[] = [];
  const { world } = memoryWorld(PEOPLE);
  const tell = async (who: string, topic: string): Promise<void> => void told.push(`${who} ${topic}`);
  for (const request of requests) await world.requests.create(request, EVENT);
  await sweep({ ...world, notifier: { ...world.notifier, tell } });
  return told;
}

function justNow(state: RequestState, more: Partial<RequestOf<'setup'>> = {}): RequestOf<'setup'> {
  return sampleRequest({ state, version: 4, changedAt: new Date().toISOString(), ...more });
}

describe('people whom a process that died did not tell any more', () => {
  it('hear of the end of their request, and where it stopped', async () => {
    expect(await toldOf([justNow('done')])).toEqual(['U1 done-4']);
    expect(await toldOf([justNow('failed')])).toEqual(['U1 failed-4']);
  });

  it('hear of the end of a request for several clusters, and not of each cluster', async () => {
    const part = justNow('done', { id: 'part0000', batch: 'b4tch000' });
    const { plan: _plan, spec, ...base } = justNow('done', { id: 'b4tch000', cluster: '1 clusters' });
    const parts = [{ cluster: part.cluster, spec, requestId: part.id }];
    const batch: RequestOf<'batch'> = { ...base, kind: 'batch', spec: { parts } };
    expect(await toldOf([part, batch])).toEqual(['U1 done-4']);
  });

  it('do not hear of what ended long ago, and not of what waits for others', async () => {
    const changedAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
    expect(await toldOf([justNow('done', { changedAt })])).toEqual([]);
    expect(await toldOf([justNow('pending')])).toEqual([]);
  });
});

describe('the card of a request that waits for a decision', () => {
  it('is drawn again from time to time, so that it is there to be pressed', async () => {
    const { world, shown } = memoryWorld(PEOPLE);
    const longAgo = '2026-11-23T10:00:00.000Z';
    await world.requests.create(sampleRequest({ id: 'waits', changedAt: longAgo }), EVENT);
    await world.requests.create(sampleRequest({ id: 'over', state: 'done', changedAt: longAgo }), EVENT);
    await sweep(world);
    expect(shown).toEqual([]);
    await expireAndRemind(world);
    expect(shown.map(({ request }) => request.id)).toEqual(['waits']);
  });
});

describe('a card that a process was to draw and did not', () => {
  const failures = { ...emptyDay('prod-eu', new Date('2026-11-23T10:00:00.000Z')), version: 1 };

  async function sweepsUp(...ids: string[]): Promise<{ drawn: CardView[]; forgotten: string[] }> {
    const { world } = memoryWorld(PEOPLE);
    const [drawn, forgotten]: [CardView[], string[]] = [[], []];
    await sweep({
      ...world,
      digests: { ...world.digests, find: async (week) => ({ week, items: [] }) },
      signInFailures: {
        ...world.signInFailures,
        find: async (cluster, day) =>
          cluster === failures.cluster && day === failures.day ? failures : undefined,
      },
      notifier: {
        ...world.notifier,
        show: async (view) => void drawn.push(view),
        undrawn: async () => ids,
        forget: async (id) => void forgotten.push(id),
      },
    });
    return { drawn, forgotten };
  }

  it('is drawn, be it the digest of a week or the failed sign-ins of a day', async () => {
    const { drawn, forgotten } = await sweepsUp('digest-2026-11-23', signInCardId(failures));
    expect(drawn).toEqual([{ digest: { week: '2026-11-23', items: [] } }, { failures }]);
    expect(forgotten).toEqual([]);
  });

  it('is awaited no longer where what it shows is gone', async () => {
    const gone = ['7kq2mx9d', '0f3a9c21d77e-d14', 'sign-in-prod-eu-2026-11-22'];
    expect(await sweepsUp(...gone)).toEqual({ drawn: [], forgotten: gone });
  });
});
