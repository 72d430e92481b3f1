import { describe, expect, it } from '@jest/globals';
import type { Request, RequestOf, RequestState } from '../../../src/domain/requests/request.ts';
import { emptyDay, signInCardId } from '../../../src/domain/status/sign-in-log.ts';
import { expireAndRemind } from '../../../src/operations/requests/expire.ts';
import { sweep } from '../../../src/operations/requests/sweep.ts';
import { tellUntold } from '../../../src/operations/requests/tell-untold.ts';
import type { CardView, Notice } from '../../../src/ports/messenger.ts';
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
  const failures = { ...emptyDay('prod-eu', '2026-11-23'), version: 1 };

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

describe('what a process was to tell a person and did not', () => {
  const waiting = sampleRequest({ id: 'r1', version: 3 });
  const notice = (topic: string, cardId = 'r1'): Notice => ({ cardId, to: 'U0BEN', topic });

  async function tells(...notices: Notice[]) {
    const { world } = memoryWorld(PEOPLE);
    const [told, forgotten]: [string[], string[]] = [[], []];
    await tellUntold({
      ...world,
      requests: { ...world.requests, find: async (id) => (id === 'r1' ? waiting : undefined) },
      notifier: {
        ...world.notifier,
        untold: async () => notices,
        tell: async (to, topic) => void told.push(`${to} ${topic}`),
        forgetNotice: async ({ topic }) => void forgotten.push(topic),
      },
    });
    return { told, forgotten };
  }

  it('is told by the sweep: the state of a request, or that break-glass was taken', async () => {
    expect(await tells(notice('pending-3'), notice('break-glass'))).toEqual({
      told: ['U0BEN pending-3', 'U0BEN break-glass'],
      forgotten: [],
    });
  });

  it('is not told once another state has followed, or the request is gone', async () => {
    expect(await tells(notice('pending-2'), notice('done-3', 'gone'))).toEqual({
      told: [],
      forgotten: ['pending-2', 'done-3'],
    });
  });
});
