import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditChain } from '../../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../../src/adapters/redis/audit-log.ts';
import type { RedisClient } from '../../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createGrantStore } from '../../../src/adapters/redis/grant-store.ts';
import { createHistory } from '../../../src/adapters/redis/history.ts';
import { createJournalStore } from '../../../src/adapters/redis/journal-store.ts';
import { createRequestStore } from '../../../src/adapters/redis/request-store.ts';
import { createMessageRecords } from '../../../src/adapters/redis/sent-messages.ts';
import type { Grant } from '../../../src/domain/access/grant.ts';
import { advance, type Request, type RequestOf } from '../../../src/domain/requests/request.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { forgetHistory } from '../../../src/operations/requests/forget-history.ts';
import type { History } from '../../../src/ports/stores.ts';
import { accessRequest } from '../../support/access-views.ts';
import { QUIET, type TestStore } from '../../support/redis.ts';
import { primariesOf } from '../../support/redis-cluster.ts';
import { sampleGrant } from '../../support/sample-grant.ts';
import { sampleRequest } from '../../support/sample-request.ts';

const DAY_MS = 86_400_000;
const KEPT_MS = 90 * DAY_MS;
const OLD = '2026-01-06T08:00:00.000Z';
const LATER = '2026-01-07T08:00:00.000Z';
const NOW = new Date('2026-12-01T12:00:00.000Z');
const RECENT = new Date(NOW.getTime() - KEPT_MS + DAY_MS).toISOString();

/**
 * How long Redis keeps what is over.
 * @param start gives a Redis of the kind that is looked at
 */
export function describeHistory(kind: string, start: () => Promise<TestStore>): void {
  describe(`${kind} the history`, () => {
    let server: TestStore;
    let redis: RedisClient;

    beforeAll(async () => {
      server = await start();
      redis = await connectRedis(new Secret(server.url), 'requests', QUIET);
    });
    afterAll(async () => {
      redis?.disconnect();
      await server?.stop();
    });
    beforeEach(async () => {
      await Promise.all(primariesOf(redis).map((primary) => primary.flushall()));
    });

    function open() {
      const clock = { now: () => NOW };
      const chain = new AuditChain(redis, clock);
      return {
        clock,
        log: QUIET,
        requests: createRequestStore(redis, chain),
        grants: createGrantStore(redis, chain),
        journal: createJournalStore(redis, chain),
        audit: createAuditLog(redis, chain),
        history: createHistory(redis),
        records: createMessageRecords(redis),
      };
    }

    const event = (requestId: string) => ({ action: 'event', actor: 'U1', requestId, cluster: 'prod-eu' });

    /** Requests as they are after their life, each with the grant it gave, if it gave one. */
    async function store(requests: readonly Request[], grants: readonly Grant[] = []): Promise<void> {
      const world = open();
      for (const request of requests) await world.requests.create(request, event(request.id));
      for (const grant of grants) await world.grants.create(grant, event(grant.id));
    }

    const forget = (history: History = open().history, limit = 1_000) =>
      forgetHistory({ ...open(), history }, KEPT_MS, limit);

    async function left(requests: readonly Request[]): Promise<string[]> {
      const found = await Promise.all(requests.map(({ id }) => open().requests.find(id)));
      return found.flatMap((request) => (request === undefined ? [] : [request.id]));
    }

    const keys = async () =>
      (await Promise.all(primariesOf(redis).map((primary) => primary.keys('*')))).flat().toSorted();

    it('leaves nothing but the audit log of a request that was over long ago', async () => {
      const { journal, records, audit } = open();
      await store([access('old')], [ended('old')]);
      await journal.write('old', { step: 's', state: 'done', startedAt: OLD, memory: {}, attempts: 1 });
      await records.beginSending('old', 'post');
      await records.endSending('old', 'post', 'content');
      await records.save('old', { channel: 'C1', ts: '1.2', shownVersion: 1 });
      await records.want('old', 7);
      await records.claim('old', 600_000);
      await records.markTold({ cardId: 'old', to: 'U1', topic: 'done-1' });
      await forget();
      expect(await keys()).toEqual([
        '{kastellan}:audit-of-cluster:prod-eu',
        '{kastellan}:audit-of-person:U1',
        '{kastellan}:audit:entries',
        '{kastellan}:audit:head',
        '{kastellan}:audit:indexed',
      ]);
      expect(await audit.read({ person: 'U1', limit: 9 })).toHaveLength(2);
    });

    it('keeps what is young, live, or waits for a person, however old it is', async () => {
      const stays: Request[] = [
        access('young', { changedAt: RECENT }),
        access('pending', { state: 'pending' }),
        access('running', { state: 'running' }),
        access('planning', { state: 'planning' }),
        access('needs-operator', { state: 'needs-operator' }),
        access('may-be-retried', { state: 'failed', expiresAt: '2027-01-01T00:00:00.000Z' }),
        setup('setup-failed', { state: 'failed' }),
        ...['granting', 'active', 'ending', 'ended-lately', 'unreviewed', 'restorable', 'beside'].map((id) =>
          access(id),
        ),
      ];
      const lives = (id: string, change: Partial<Grant>) =>
        ended(id, { person: { objectId: id, name: id }, ...change });
      await store(stays, [
        lives('granting', { state: 'granting' }),
        lives('active', { state: 'active', endsAt: '2027-02-01T00:00:00.000Z' }),
        lives('ending', { state: 'ending' }),
        lives('ended-lately', { endedAt: RECENT }),
        lives('unreviewed', {
          breakGlass: true,
          reviews: { required: 2, given: [], asked: 1, askedAt: OLD },
        }),
        lives('restorable', { restorableUntil: '2026-12-02T00:00:00.000Z' }),
        // Of the same membership as one that is live.
        lives('beside', { person: { objectId: 'active', name: 'active' } }),
      ]);
      await forget();
      expect(await left(stays)).toEqual(stays.map(({ id }) => id));
    });

    it('keeps what a cluster stands on, and lets go what it stands on no more', async () => {
      const requests: readonly Request[] = [
        setup('stands', { cluster: 'stands' }),
        setup('stands-too', { cluster: 'stands', createdAt: LATER, changedAt: LATER }),
        rotation('rotated', OLD),
        rotation('rotated-last', LATER),
        setup('was', { cluster: 'down' }),
        setup('was-last', { cluster: 'down' }),
        teardown('down-first', 'was', OLD),
        teardown('down-last', 'was-last', LATER),
        setup('denied', { state: 'denied' }),
        setup('undone', { state: 'undone' }),
        access('failed', { state: 'failed', expiresAt: OLD }),
        setup('part', { batch: 'batch', cluster: 'stands' }),
        batch('batch', ['part']),
        batch('nothing-left', ['gone']),
      ];
      await store(requests);
      await forget();
      const stays = ['stands', 'stands-too', 'rotated-last', 'was-last', 'down-last', 'part', 'batch'];
      expect(await left(requests)).toEqual(stays);
      await forget();
      expect(await left(requests)).toEqual(stays);
    });

    it('lets nothing go that comes back to life at that moment', async () => {
      const { requests, grants, history } = open();
      const all = ['failed', 'ended', 'none'].map((id) => access(id, { state: 'failed', expiresAt: OLD }));
      await store(all, [ended('ended')]);
      const before = await keys();
      const revived: History = {
        ...history,
        async forget(request, grant) {
          if (request.id === 'failed')
            await requests.replace(advance(request, 'undoing', OLD), 1, event('failed'));
          if (request.id === 'none') await grants.create(sampleGrant({ id: 'none' }), event('none'));
          if (grant !== undefined)
            await grants.replace({ ...grant, state: 'ending', version: 3 }, 2, event('ended'));
          return history.forget(request, grant);
        },
      };
      await forget(revived);
      expect(await left(all)).toEqual(['failed', 'ended', 'none']);
      expect(await keys()).toEqual(expect.arrayContaining(before.filter((key) => !key.includes('failed'))));
    });

    it('goes a bounded part at a time, in two processes at once, past what cannot be read', async () => {
      const all = Array.from({ length: 30 }, (_, at) => access(`a${at}`));
      await store(all);
      await redis.set('{kastellan}:request:a3', 'garbage');
      await Promise.all([forget(undefined, 10), forget(undefined, 10)]);
      const rest = all.filter(({ id }) => id !== 'a3');
      expect((await left(rest)).length).toBeGreaterThanOrEqual(9);
      await forget();
      expect(await left(rest)).toEqual([]);
      expect(await redis.exists('{kastellan}:request:a3')).toBe(1);
    });

    it('of an earlier version goes, too, and the log that it wrote is found and whole', async () => {
      const stored = new URL('../../support/stored-by-8e0b9dc.json', import.meta.url);
      const commands: [string, ...string[]][] = JSON.parse(readFileSync(stored, 'utf8'));
      for (const [name, ...values] of commands) await redis.call(name, values);
      const { requests, grants, audit } = open();
      const entries = await audit.read({ person: 'U0ADA', limit: 100 });
      await audit.index(1_000);
      expect(await audit.read({ person: 'U0ADA', limit: 100 })).toEqual(entries);
      await forget();
      expect((await requests.list({})).map(({ id }) => id).toSorted()).toEqual([
        'down-us',
        'live',
        'rotated2',
        'setup-eu',
        'waits',
      ]);
      expect((await grants.live()).map(({ id }) => id)).toEqual(['live']);
      const gone = (await keys()).filter((key) => /(ended|denied|rotated$|setup-us|setup-no)/.test(key));
      expect(gone).toEqual([]);
      expect(await audit.verify()).toMatchObject({
        intact: true,
        entries: commands.filter(([name]) => name === 'xadd').length,
      });
    });
  });
}

function access(id: string, change: Partial<RequestOf<'access'>> = {}): RequestOf<'access'> {
  const at = { createdAt: OLD, changedAt: OLD, version: 1 };
  const { spec, ...request } = accessRequest('done', { id, asker: 'U1', ...at, ...change });
  return { ...request, spec: { ...spec, beneficiary: 'U1' } };
}

function ended(id: string, change: Partial<Grant> = {}): Grant {
  return sampleGrant({ id, state: 'ended', createdAt: OLD, endsAt: OLD, endedAt: OLD, ...change });
}

function setup(id: string, change: Partial<RequestOf<'setup'>> = {}): RequestOf<'setup'> {
  return sampleRequest({ id, state: 'done', createdAt: OLD, changedAt: OLD, ...change });
}

function rotation(id: string, at: string): RequestOf<'rotation'> {
  const { kind: _kind, spec, ...request } = setup(id, { createdAt: at, changedAt: at });
  return { ...request, kind: 'rotation', spec: { setup: spec } };
}

function teardown(id: string, setupId: string, at: string): RequestOf<'teardown'> {
  const { kind: _kind, spec, ...request } = setup(id, { cluster: 'down', createdAt: at, changedAt: at });
  return {
    ...request,
    kind: 'teardown',
    spec: { setup: spec, setupId, levels: [], remove: [] },
  };
}

function batch(id: string, parts: readonly string[]): RequestOf<'batch'> {
  const { kind: _kind, spec, ...request } = setup(id, { cluster: '1 cluster' });
  return {
    ...request,
    kind: 'batch',
    spec: { parts: parts.map((requestId) => ({ cluster: 'stands', spec, requestId })) },
  };
}
