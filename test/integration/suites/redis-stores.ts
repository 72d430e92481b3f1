import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAcceptedAdmins } from '../../../src/adapters/redis/accepted-admins.ts';
import { AuditChain } from '../../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../../src/adapters/redis/audit-log.ts';
import type { RedisClient } from '../../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createCredentialEndStore } from '../../../src/adapters/redis/credential-end-store.ts';
import { createDiscoveries } from '../../../src/adapters/redis/discoveries.ts';
import { createGrantStore } from '../../../src/adapters/redis/grant-store.ts';
import { createJournalStore } from '../../../src/adapters/redis/journal-store.ts';
import { createBudgets, createLimits } from '../../../src/adapters/redis/limits.ts';
import { createPersonalSeals } from '../../../src/adapters/redis/personal-seals.ts';
import { createReminderStore } from '../../../src/adapters/redis/reminder-store.ts';
import { createReplays } from '../../../src/adapters/redis/replays.ts';
import { createRequestStore } from '../../../src/adapters/redis/request-store.ts';
import { createMessageRecords } from '../../../src/adapters/redis/sent-messages.ts';
import { createSlackReads } from '../../../src/adapters/redis/slack-reads.ts';
import { MethodBudgets } from '../../../src/adapters/slack/method-budgets.ts';
import { type AuditEntry, chainEntry } from '../../../src/domain/audit/audit.ts';
import { auditKeys } from '../../../src/domain/audit/audit-key.ts';
import type { StepRecord } from '../../../src/domain/requests/journal.ts';
import { advance } from '../../../src/domain/requests/request.ts';
import { Secret } from '../../../src/domain/secret.ts';
import type { CredentialEnds } from '../../../src/domain/secrets/credential-ends.ts';
import { closed, type Reminder, remindedOf } from '../../../src/domain/secrets/reminder.ts';
import { beginAuditKey, requireAuditKey } from '../../../src/operations/audit/audit-key.ts';
import type { AuditLog } from '../../../src/ports/stores.ts';
import { accessRequest } from '../../support/access-views.ts';
import { QUIET, startRedisChild, type TestStore } from '../../support/redis.ts';
import { isBack, primariesOf } from '../../support/redis-cluster.ts';
import { sampleGrant } from '../../support/sample-grant.ts';
import { sampleRequest } from '../../support/sample-request.ts';

/**
 * Everything the stores promise.
 * @param start gives a Redis of the kind that is looked at
 */
export function describeStores(kind: string, start: () => Promise<TestStore>): void {
  describe(kind, () => {
    const clock = { now: () => new Date() };
    const CREATED = { action: 'request.created', actor: 'U1' };
    const ENTRIES = '{kastellan}:audit:entries';

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
      const chain = new AuditChain(redis, clock);
      return {
        requests: createRequestStore(redis, chain),
        journal: createJournalStore(redis, chain),
        audit: createAuditLog(redis, chain),
      };
    }

    describe('accepted ways to administer K10 in Redis', () => {
      it('are kept for each cluster, and whoever accepts first has accepted', async () => {
        const accepted = createAcceptedAdmins(redis, new AuditChain(redis, clock));
        const first = { by: 'U0FIRST', at: '2026-11-30T10:00:00.000Z' };
        const event = { action: 'admin.accepted', actor: 'U0FIRST', cluster: 'prod-eu' };
        expect(await accepted.accept('prod-eu', '0123456789ab', first, event)).toBe('replaced');
        const second = { by: 'U0SECOND', at: '2026-11-30T10:00:01.000Z' };
        const late = { ...event, actor: 'U0SECOND' };
        expect(await accepted.accept('prod-eu', '0123456789ab', second, late)).toBe('conflict');
        expect(await accepted.find('prod-eu')).toEqual(new Map([['0123456789ab', first]]));
        expect(await accepted.find('prod-us')).toEqual(new Map());
        expect(await open().audit.latest(10)).toMatchObject([event]);
      });
    });

    describe('limits in Redis', () => {
      const ONE_A_MINUTE = (burst: number) => ({ burst, perMinute: 1 });
      const limitsOf = (perPerson: number, perWorkspace: number) =>
        createLimits(redis, {
          perPerson: ONE_A_MINUTE(perPerson),
          decisionsPerPerson: ONE_A_MINUTE(1),
          perWorkspace: ONE_A_MINUTE(perWorkspace),
        });

      it('let each person do so much at once, in whatever process, and say when there is more', async () => {
        const limits = limitsOf(3, 100);
        const asks = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? limits : limitsOf(3, 100)).take('U1', 'other'),
          ),
        );
        expect(asks.filter((limited) => limited === undefined)).toHaveLength(3);
        const refused = asks.filter((limited) => limited !== undefined);
        expect(refused.map(({ by }) => by)).toEqual(refused.map(() => 'person'));
        expect(refused.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
        for (const { retryAfterMs } of refused) {
          expect(retryAfterMs).toBeGreaterThan(0);
          expect(retryAfterMs).toBeLessThanOrEqual(60_000);
        }
        expect(await limits.take('U2', 'other')).toBeUndefined();
      });

      it('give a new token when its time has come, and leave nothing behind of full buckets', async () => {
        const often = { burst: 1, perMinute: 60 };
        const limits = createLimits(redis, {
          perPerson: often,
          decisionsPerPerson: often,
          perWorkspace: { burst: 100, perMinute: 60_000 },
        });
        expect(await limits.take('U1', 'other')).toBeUndefined();
        const left = await redis.pttl('{kastellan}:limit:other:U1');
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(1_000);
        expect(await limits.take('U1', 'other')).toMatchObject({ by: 'person', isRepeated: false });
        while ((await limits.take('U1', 'other')) !== undefined);
      });

      it('take nothing of the workspace for what a person is refused, and let all others wait once it is empty', async () => {
        const limits = limitsOf(1, 3);
        for (let times = 0; times < 10; times += 1) await limits.take('U1', 'other');
        expect(await limits.take('U2', 'other')).toBeUndefined();
        expect(await limits.take('U3', 'other')).toBeUndefined();
        expect(await limits.take('U4', 'other')).toMatchObject({ by: 'workspace', isRepeated: false });
      });

      it('count decisions apart, so that no flood of others holds them up', async () => {
        const limits = limitsOf(1, 1);
        await limits.take('U1', 'other');
        expect(await limits.take('U2', 'other')).toMatchObject({ by: 'workspace' });
        expect(await limits.take('U1', 'decision')).toBeUndefined();
        expect(await limits.take('U2', 'decision')).toBeUndefined();
        expect(await limits.take('U1', 'decision')).toMatchObject({ by: 'person' });
      });
    });

    describe('budgets in Redis', () => {
      const WHOLE = { burst: 4, perMinute: 30 };
      const PART = { ...WHOLE, burst: 2 };

      it('are shared, leave those who come first the rest, and give a token in advance to who waits for it', async () => {
        const [lists, decisions] = [createBudgets(redis), createBudgets(redis)];
        const asked = await Promise.all(Array.from({ length: 5 }, () => lists.take('users.info', PART, 0)));
        expect(asked.filter(({ taken }) => taken)).toHaveLength(2);
        expect(await lists.take('users.info', PART, 500)).toMatchObject({ taken: false });
        for (let left = 0; left < 2; left += 1) {
          expect(await decisions.take('users.info', WHOLE, 0)).toEqual({ taken: true, waitMs: 0 });
        }
        const first = await decisions.take('users.info', WHOLE, 10_000);
        const second = await decisions.take('users.info', WHOLE, 10_000);
        expect([first.taken, second.taken]).toEqual([true, true]);
        expect(second.waitMs).toBeGreaterThan(first.waitMs);
        expect(await decisions.take('users.info', WHOLE, 0)).toMatchObject({ taken: false });
        expect(await decisions.take('usergroups.list', WHOLE, 0)).toEqual({ taken: true, waitMs: 0 });
      });

      it('let decisions through at once after lists have called as often as they may, of every method', async () => {
        const [lists, decisions] = [createBudgets(redis), createBudgets(redis)].map(
          (budgets) => new MethodBudgets(budgets),
        ) as [MethodBudgets, MethodBudgets];
        for (const method of ['usergroups.users.list', 'users.info', 'users.lookupByEmail'] as const) {
          let calls = 0;
          const call = async (): Promise<number> => ++calls;
          const listed = await Promise.allSettled(
            Array.from({ length: 100 }, () => lists.run(method, 'list', call, 0)),
          );
          const refused = listed.filter((outcome) => outcome.status === 'rejected');
          for (const { reason } of refused) expect(reason).toMatchObject({ code: 'slack.rate-limited' });
          const ofLists = calls;
          expect(ofLists + refused.length).toBe(100);
          // As many as lists got are there for decisions, too.
          const decided = Array.from({ length: ofLists - 1 }, () =>
            decisions.run(method, 'decision', call, 0),
          );
          await Promise.all(decided);
          expect(calls).toBe(2 * ofLists - 1);
        }
      });

      it('give nothing to any process while the other side asked for a pause', async () => {
        const budgets = createBudgets(redis);
        await budgets.pause('users.info', WHOLE, 20_000);
        const { taken, waitMs } = await createBudgets(redis).take('users.info', WHOLE, 10_000);
        expect(taken).toBe(false);
        expect(waitMs).toBeGreaterThan(10_000);
        expect(waitMs).toBeLessThanOrEqual(20_000);
      });
    });

    describe('what was read from Slack, in Redis', () => {
      it('is there for every process: names, those that Slack does not tell, and the members of groups', async () => {
        const [here, there] = [createSlackReads(redis), createSlackReads(redis)];
        await here.saveName('U1', 'ada', 60_000);
        await here.saveName('U2', undefined, 60_000);
        expect(await there.names(['U1', 'U2', 'U3'])).toEqual(
          new Map([
            ['U1', 'ada'],
            ['U2', undefined],
          ]),
        );
        expect(await there.members('kasten-approvers')).toBeUndefined();
        await here.saveMembers('kasten-approvers', ['U1']);
        const known = await there.members('kasten-approvers');
        expect(known?.members).toEqual(['U1']);
        expect(known?.ageMs).toBeGreaterThanOrEqual(0);
        expect(known?.ageMs).toBeLessThan(60_000);
      });
    });

    describe('requests in Redis', () => {
      it('come back exactly as they were stored', async () => {
        const { requests } = open();
        await requests.create(sampleRequest(), CREATED);
        expect(await requests.find('7kq2mx9d')).toEqual(sampleRequest());
        expect(await requests.find('nothere1')).toBeUndefined();
      });

      it('cannot be created twice, and the second try leaves no trace in the audit log', async () => {
        const { requests, audit } = open();
        await requests.create(sampleRequest(), CREATED);
        await expect(requests.create(sampleRequest(), CREATED)).rejects.toMatchObject({
          code: 'request.exists',
        });
        expect(await audit.latest(10)).toHaveLength(1);
      });

      it('let exactly one of two processes decide that saw the same version', async () => {
        const { requests, audit } = open();
        await requests.create(sampleRequest(), CREATED);
        const children = ['U2', 'U3'].map((actor) =>
          startRedisChild('approve', server.url, '7kq2mx9d', actor),
        );
        for (const child of children) expect(await child.line()).toBe('ready');
        for (const child of children) child.go();
        const results = await Promise.all(children.map((child) => child.line()));
        expect(results.toSorted()).toEqual(['conflict', 'replaced']);
        expect(await requests.find('7kq2mx9d')).toMatchObject({ state: 'approved', version: 2 });
        const winner = results[0] === 'replaced' ? 'U2' : 'U3';
        expect((await audit.latest(10)).map((entry) => entry.actor)).toEqual([winner, 'U1']);
        expect(await audit.verify()).toMatchObject({ intact: true, entries: 2 });
      });

      it('let exactly one of many simultaneous decisions in one process through', async () => {
        const { requests } = open();
        const request = sampleRequest();
        await requests.create(request, CREATED);
        const next = advance(request, 'approved', clock.now().toISOString());
        const tries = Array.from({ length: 30 }, () => requests.replace(next, 1, CREATED));
        const results = await Promise.all(tries);
        expect(results.filter((result) => result === 'replaced')).toHaveLength(1);
      });

      it('are listed newest first, by state and cluster, and move between the lists', async () => {
        const { requests } = open();
        const at = (minute: number) => `2026-11-23T10:0${minute}:00.000Z`;
        const first = sampleRequest({ id: 'first', createdAt: at(1) });
        await requests.create(first, CREATED);
        await requests.create(sampleRequest({ id: 'second', createdAt: at(2), cluster: 'lab' }), CREATED);
        await requests.create(sampleRequest({ id: 'third', createdAt: at(3) }), CREATED);
        await requests.replace(advance(first, 'approved', at(4)), 1, CREATED);
        const ids = async (filter: Parameters<typeof requests.list>[0]) =>
          (await requests.list(filter)).map((request) => request.id);
        expect(await ids({})).toEqual(['third', 'second', 'first']);
        expect(await ids({ limit: 2 })).toEqual(['third', 'second']);
        expect(await ids({ states: ['pending'] })).toEqual(['third', 'second']);
        expect(await ids({ states: ['approved', 'pending'], cluster: 'prod-eu' })).toEqual([
          'third',
          'first',
        ]);
        expect(await ids({ states: ['running'] })).toEqual([]);
        expect(await ids({ kind: 'setup', cluster: 'prod-eu', states: ['pending', 'approved'] })).toEqual([
          'third',
          'first',
        ]);
      });

      it('of one person are found in a long history, by kind, cluster and state', async () => {
        const { requests } = open();
        const at = (second: number) => new Date(Date.UTC(2026, 10, 23, 10, 0, second)).toISOString();
        for (const second of Array.from({ length: 12 }, (_, index) => index)) {
          const state = second === 0 ? 'pending' : 'withdrawn';
          const cluster = second < 3 ? 'lab' : 'prod-eu';
          await requests.create(
            sampleRequest({ id: `mine${second}`, createdAt: at(second), state, cluster }),
            CREATED,
          );
        }
        await requests.create(sampleRequest({ id: 'theirs', createdAt: at(30), asker: 'U2' }), CREATED);
        const ids = async (filter: Parameters<typeof requests.list>[0]) =>
          (await requests.list({ person: 'U1', ...filter })).map(({ id }) => id);
        expect(await ids({ limit: 3 })).toEqual(['mine11', 'mine10', 'mine9']);
        expect(await ids({ limit: 2, cluster: 'lab' })).toEqual(['mine2', 'mine1']);
        expect(await ids({ limit: 2, kind: 'access' })).toEqual([]);
        expect(await ids({ limit: 5, states: ['pending', 'planning'] })).toEqual(['mine0']);
      });

      it('for access of one person are counted from a time on, also those that an earlier version stored', async () => {
        const { requests } = open();
        const at = (minute: number) => `2026-11-23T10:0${minute}:00.000Z`;
        const access = (id: string, minute: number, asker: string, beneficiary: string) => {
          const { spec: _spec, kind: _kind, ...base } = sampleRequest({ id, asker, createdAt: at(minute) });
          return {
            ...base,
            kind: 'access' as const,
            spec: { ...accessRequest('pending').spec, beneficiary },
          };
        };
        await requests.create(access('old', 1, 'U1', 'U1'), CREATED);
        await requests.create(access('own', 3, 'U1', 'U1'), CREATED);
        await requests.create(access('others', 4, 'U1', 'U2'), CREATED);
        await requests.create(access('by-others', 5, 'U2', 'U1'), CREATED);
        await requests.create(sampleRequest({ id: 'setup', createdAt: at(6) }), CREATED);
        const count = () => requests.countAccessFor('U1', new Date(at(2)));
        expect(await count()).toBe(2);
        await redis.del('{kastellan}:access-for:U1');
        expect(await count()).toBe(2);
        expect(await redis.zcard('{kastellan}:access-for:U1')).toBe(2);
        expect(await count()).toBe(2);
      });

      it('are found by the time of their last change, and older changes are forgotten', async () => {
        const { requests } = open();
        const at = (minute: number) => `2026-11-23T10:0${minute}:00.000Z`;
        const first = sampleRequest({ id: 'first', changedAt: at(1) });
        await requests.create(first, CREATED);
        await requests.create(sampleRequest({ id: 'second', changedAt: at(2) }), CREATED);
        await requests.create(sampleRequest({ id: 'third', changedAt: at(3) }), CREATED);
        await requests.replace(advance(first, 'approved', at(4)), 1, CREATED);
        const ids = async (since: string) =>
          (await requests.changedSince(new Date(since))).map(({ id }) => id);
        expect(await ids(at(2))).toEqual(['second', 'third', 'first']);
        expect(await ids(at(3))).toEqual(['third', 'first']);
        expect(await redis.zcard('{kastellan}:requests-changed')).toBe(2);
      });

      it('that somebody broke by hand are named, not guessed', async () => {
        const { requests } = open();
        await requests.create(sampleRequest(), CREATED);
        await redis.set('{kastellan}:request:7kq2mx9d', '{"id":"7kq2mx9d","kind":"setup"');
        await expect(requests.find('7kq2mx9d')).rejects.toMatchObject({ code: 'store.corrupt' });
        const { origin: _gone, ...spec } = sampleRequest().spec;
        await redis.set('{kastellan}:request:7kq2mx9d', JSON.stringify({ ...sampleRequest(), spec }));
        await expect(requests.find('7kq2mx9d')).rejects.toThrow(
          /request 7kq2mx9d cannot be read.*spec\.origin/,
        );
      });

      it('keep what a newer version has added', async () => {
        const { requests } = open();
        const newer = { ...sampleRequest(), priority: 'high' };
        await requests.create(newer, CREATED);
        expect(await requests.find('7kq2mx9d')).toEqual(newer);
      });

      it('survive a restart of Redis', async () => {
        const { requests, audit } = open();
        await requests.create(sampleRequest(), CREATED);
        await server.restart();
        const again = await connectRedis(new Secret(server.url), 'requests', QUIET);
        const chain = new AuditChain(again, clock);
        expect(await createRequestStore(again, chain).find('7kq2mx9d')).toEqual(sampleRequest());
        again.disconnect();
        await isBack(redis);
        await audit.append({ action: 'after', actor: 'kastellan' });
        expect(await audit.verify()).toMatchObject({ intact: true, entries: 2 });
      });
    });

    describe('grants in Redis', () => {
      it('of one person are those that are live, the one that ends first first', async () => {
        const grants = createGrantStore(redis, new AuditChain(redis, clock));
        const at = (hour: number) => `2026-11-23T${hour}:00:00.000Z`;
        await grants.create(sampleGrant({ id: 'late', endsAt: at(14) }), CREATED);
        await grants.create(sampleGrant({ id: 'early', endsAt: at(12) }), CREATED);
        await grants.create(sampleGrant({ id: 'over', endsAt: at(11), state: 'ended' }), CREATED);
        await grants.create(sampleGrant({ id: 'theirs', endsAt: at(13), beneficiary: 'U2' }), CREATED);
        expect((await grants.liveOfPerson('U1')).map(({ id }) => id)).toEqual(['early', 'late']);
      });
    });

    describe('the journal in Redis', () => {
      const record: StepRecord = {
        step: 'group:admin',
        state: 'started',
        startedAt: '2026-11-23T10:00:00.000Z',
        memory: { objectId: 'abc', before: [1, null, { deep: true }] },
        attempts: 1,
      };

      it('keeps the newest record of each step, and its audit event with it', async () => {
        const { journal, audit } = open();
        await journal.write('r1', record);
        await journal.write('r1', { ...record, state: 'done' }, { action: 'step.done', actor: 'kastellan' });
        await journal.write('r1', { ...record, step: 'rollout' });
        expect(await journal.read('r1')).toEqual({
          'group:admin': { ...record, state: 'done' },
          rollout: { ...record, step: 'rollout' },
        });
        expect(await journal.read('r2')).toEqual({});
        expect(await audit.latest(5)).toMatchObject([{ action: 'step.done', sequence: 1 }]);
      });

      it('names a record that cannot be read', async () => {
        await redis.hset('{kastellan}:journal:r1', 'release', '{}');
        await expect(open().journal.read('r1')).rejects.toThrow(/step release of request r1 cannot be read/);
      });
    });

    describe('the audit log in Redis', () => {
      async function fill(count: number) {
        const { audit } = open();
        for (let number = 1; number <= count; number += 1) {
          await audit.append({ action: `event.${number}`, actor: 'U1', detail: { b: number, a: 'x' } });
        }
        return audit;
      }

      it('stays one unbroken chain under 200 writers in four processes', async () => {
        const children = ['a', 'b', 'c'].map((name) => startRedisChild('append', server.url, name, '50'));
        for (const child of children) expect(await child.line()).toBe('ready');
        for (const child of children) child.go();
        const { audit } = open();
        const own = Array.from({ length: 50 }, (_, at) =>
          audit.append({ action: `own.${at}`, actor: 'own' }),
        );
        await Promise.all(own);
        for (const child of children) expect(await child.line()).toBe('written');
        expect(await audit.verify()).toMatchObject({ intact: true, entries: 200 });
        expect(new Set((await audit.latest(200)).map((entry) => entry.action)).size).toBe(200);
      });

      it('gives the newest entries, newest first', async () => {
        const audit = await fill(5);
        expect((await audit.latest(2)).map((entry) => entry.action)).toEqual(['event.5', 'event.4']);
      });

      it('is checked page by page', async () => {
        const audit = await fill(1);
        await Promise.all(Array.from({ length: 1_200 }, () => audit.append({ action: 'more', actor: 'U1' })));
        expect(await audit.verify()).toMatchObject({ intact: true, entries: 1_201 });
      });

      it('is intact when it is empty', async () => {
        expect(await open().audit.verify()).toMatchObject({ intact: true, entries: 0 });
      });

      it('shows an entry whose content was changed', async () => {
        const audit = await fill(4);
        const entries = await redis.xrange(ENTRIES, '-', '+');
        await redis.del(ENTRIES);
        for (const [id, fields] of entries) {
          await redis.xadd(ENTRIES, id, 'entry', (fields[1] ?? '').replace('event.3', 'event.9'));
        }
        expect(await audit.verify()).toEqual({
          intact: false,
          sequence: 3,
          problem: 'its content was changed',
        });
      });

      it('shows an entry that was removed from the middle', async () => {
        const audit = await fill(4);
        await redis.xdel(ENTRIES, '2-0');
        expect(await audit.verify()).toEqual({ intact: false, sequence: 2, problem: 'entry 2 is missing' });
      });

      it('shows that the newest entry was removed, also after others were added', async () => {
        const audit = await fill(4);
        await redis.xdel(ENTRIES, '4-0');
        expect(await audit.verify()).toMatchObject({ intact: false, sequence: 4 });
        await audit.append({ action: 'later', actor: 'U1' });
        expect(await audit.verify()).toMatchObject({ intact: false, sequence: 4 });
      });

      it('shows an entry that cannot be read, and that everything was removed', async () => {
        const audit = await fill(2);
        await redis.xadd(ENTRIES, '3-0', 'entry', 'garbage');
        expect(await audit.verify()).toEqual({ intact: false, sequence: 3, problem: 'it cannot be read' });
        await redis.del(ENTRIES);
        expect(await audit.verify()).toMatchObject({ intact: false, problem: 'all entries were removed' });
      });

      it('takes nothing more when a forged entry lies behind its end', async () => {
        const audit = await fill(2);
        await redis.xadd(ENTRIES, '9-0', 'entry', '{}');
        await expect(audit.append({ action: 'next', actor: 'U1' })).rejects.toMatchObject({
          code: 'audit.damaged',
        });
      });
    });

    describe('the entries about one person, cluster or request', () => {
      /** Appends as a version does that knows no indexes. */
      async function appendAsBefore(event: Parameters<typeof chainEntry>[0]) {
        const [last] = await open().audit.latest(1);
        const entry = chainEntry(event, clock.now().toISOString(), last);
        await redis.xadd(ENTRIES, `${entry.sequence}-0`, 'entry', JSON.stringify(entry));
        await redis.set('{kastellan}:audit:head', `${entry.sequence}:${entry.hash}`);
      }
      const about = (number: number) => ({
        action: `event.${number}`,
        actor: number % 3 === 0 ? 'U1' : 'kastellan',
        cluster: number % 2 === 0 ? 'lab' : 'prod-eu',
        requestId: `r${number % 5}`,
        ...(number % 7 === 0 && { detail: { beneficiary: 'U1' } }),
      });
      const numbers = (entries: readonly AuditEntry[]) =>
        entries.map(({ action }) => Number(action.split('.')[1]));
      const upTo = (count: number, matches: (number: number) => boolean) =>
        Array.from({ length: count }, (_, at) => count - at).filter(matches);
      async function expectAll(audit: AuditLog, count: number) {
        const limit = 1_000;
        const ofPerson = numbers(await audit.read({ person: 'U1', limit }));
        expect(ofPerson).toEqual(upTo(count, (number) => number % 3 === 0 || number % 7 === 0));
        expect(numbers(await audit.read({ cluster: 'lab', limit }))).toEqual(upTo(count, (n) => n % 2 === 0));
        const requestIds = new Set(['r1', 'r4']);
        const ofRequests = numbers(await audit.read({ requestIds, limit }));
        expect(ofRequests).toEqual(upTo(count, (number) => number % 5 === 1 || number % 5 === 4));
      }

      it('are read without any other, however long the log is', async () => {
        const { audit } = open();
        for (let number = 1; number <= 40; number += 1) await audit.append(about(number));
        await expectAll(audit, 40);
        await audit.append({ action: 'other', actor: 'U2' });
        // One that cannot be read stops its reader.
        await redis.xdel(ENTRIES, '41-0');
        await redis.xadd(ENTRIES, '41-1', 'entry', 'garbage');
        await redis.set('{kastellan}:audit:indexed', '42');
        await expectAll(audit, 40);
        expect(numbers(await audit.read({ cluster: 'lab', limit: 3 }))).toEqual([40, 38, 36]);
        const [newest] = await audit.read({ cluster: 'lab', exceptRequestIds: new Set(['r0']), limit: 1 });
        expect(newest?.action).toBe('event.38');
      });

      it('are all there while a version without indexes goes on beside this one, and after it', async () => {
        const count = 330;
        const { audit } = open();
        for (let number = 1; number <= 250; number += 1) await appendAsBefore(about(number));
        await audit.append(about(251));
        await expectAll(audit, 251);
        await audit.index(200);
        await expectAll(audit, 251);
        for (let number = 252; number <= count; number += 1)
          await (number % 4 === 0 ? appendAsBefore(about(number)) : open().audit.append(about(number)));
        await expectAll(audit, count);
        await Promise.all([audit.index(1_000), open().audit.index(1_000), open().audit.index(1_000)]);
        expect(await redis.get('{kastellan}:audit:indexed')).toBe(String(count));
        await expectAll(audit, count);
        await audit.append(about(count + 1));
        expect(await redis.get('{kastellan}:audit:indexed')).toBe(String(count + 1));
        await expectAll(audit, count + 1);
      });

      it('are found though one among them cannot be read', async () => {
        const [first, third] = [about(1), about(6)].map((event) => chainEntry(event, '', undefined));
        for (const [at, text] of [JSON.stringify(first), 'garbage', JSON.stringify(third)].entries())
          await redis.xadd(ENTRIES, `${at + 1}-0`, 'entry', text);
        const { audit } = open();
        await audit.index(1_000);
        expect(numbers(await audit.read({ requestIds: new Set(['r1']), limit: 9 }))).toEqual([6, 1]);
      });
    });

    describe('the keyed audit log in Redis', () => {
      const KEY = 'a key that only the processes have';
      const keys = auditKeys(new Secret(KEY));
      const openKeyed = () => createAuditLog(redis, new AuditChain(redis, clock, keys));

      async function fill(audit: AuditLog, count: number) {
        for (let number = 1; number <= count; number += 1)
          await audit.append({ action: `event.${number}`, actor: 'U1' });
      }
      const stored = async () =>
        (await redis.xrange(ENTRIES, '-', '+')).map(
          ([, fields]) => JSON.parse(fields[1] ?? '') as AuditEntry,
        );
      async function rewrite(entries: readonly AuditEntry[]) {
        await redis.del(ENTRIES);
        for (const entry of entries)
          await redis.xadd(ENTRIES, `${entry.sequence}-0`, 'entry', JSON.stringify(entry));
        const last = entries.at(-1);
        await redis.set('{kastellan}:audit:head', `${last?.sequence}:${last?.hash}`);
      }
      /** What a person can do who writes into Redis, knows the code, and has no key: the same chain with other content. */
      const forgedFrom = (entries: readonly AuditEntry[], from: number): AuditEntry[] => {
        const forged: AuditEntry[] = entries.slice(0, from - 1);
        for (const { action, at } of entries.slice(from - 1))
          forged.push(chainEntry({ action, actor: 'U0INNOCENT' }, at, forged.at(-1)));
        return forged;
      };

      it('stays one chain when two processes append at once, and its key is not in Redis', async () => {
        const children = ['a', 'b'].map((name) => startRedisChild('append', server.url, name, '40', KEY));
        for (const child of children) expect(await child.line()).toBe('ready');
        for (const child of children) child.go();
        for (const child of children) expect(await child.line()).toBe('written');
        expect(await openKeyed().verify()).toMatchObject({
          intact: true,
          entries: 80,
          keyed: { fromSequence: 1, keyId: keys.current?.id },
        });
        expect(JSON.stringify(await stored())).not.toContain(KEY);
      });

      it('goes on behind entries that an earlier version wrote without a key', async () => {
        await fill(open().audit, 2);
        const audit = openKeyed();
        await beginAuditKey(audit);
        await beginAuditKey(audit);
        expect((await audit.latest(9)).map(({ action }) => action)).toEqual([
          'audit.key-begun',
          'event.2',
          'event.1',
        ]);
        expect(await audit.verify()).toMatchObject({ intact: true, entries: 3, keyed: { fromSequence: 3 } });
      });

      it('shows a chain that was computed anew from any entry on, with the head to it', async () => {
        const audit = openKeyed();
        await fill(audit, 5);
        const original = await stored();
        for (const from of [2, 4, 5]) {
          const forged = forgedFrom(original, from);
          await rewrite(forged);
          const hourLater = { now: () => new Date(Date.now() + 2 * 3_600_000) };
          const verifier = createAuditLog(redis, new AuditChain(redis, hourLater, keys));
          expect(await verifier.verify()).toMatchObject({ intact: false, sequence: from });
        }
      });

      it('does not let a process start that has no key', async () => {
        await fill(openKeyed(), 1);
        await expect(requireAuditKey(open().audit)).rejects.toMatchObject({ code: 'audit.key-missing' });
        await expect(requireAuditKey(openKeyed())).resolves.toBeUndefined();
      });
    });

    describe('what the messages agree on', () => {
      it('lets one process change the card at a time, and tells a person once per topic', async () => {
        const records = createMessageRecords(redis);
        const claims = await Promise.all([1, 2, 3].map(() => records.claim('r1', 60_000)));
        expect(claims.filter(Boolean)).toHaveLength(1);
        await records.unclaim('r1');
        expect(await records.claim('r1', 60_000)).toBe(true);
        const notice = { cardId: 'r1', to: 'U1', topic: 'done-7' };
        const tells = await Promise.all([1, 2, 3].map(() => records.beginTelling(notice, 60_000, true)));
        expect(tells.filter(Boolean)).toHaveLength(1);
        await records.markTold(notice);
        expect(await records.beginTelling(notice, 60_000, true)).toBe(false);
        expect(await records.untold()).toEqual([]);
      });

      it('awaits what a process that died was to tell, until another has told it', async () => {
        const records = createMessageRecords(redis);
        const [dead, failed] = ['U1', 'U2'].map((to) => ({ cardId: 'r1', to, topic: 'break-glass' }));
        if (dead === undefined || failed === undefined) throw new Error('There is none.');
        expect(await records.beginTelling(dead, 60_000, true)).toBe(true);
        expect(await records.beginTelling(failed, 60_000, true)).toBe(true);
        expect(await records.untold()).toEqual([]);
        await records.failTelling(failed, 0);
        expect(await records.untold()).toEqual([failed]);
        // As when the claim of the dead process ends.
        await records.failTelling(dead, 0);
        expect(await records.beginTelling(dead, 60_000, true)).toBe(true);
        await records.markTold(dead);
        await records.forgetNotice(failed);
        expect(await records.untold()).toEqual([]);
      });

      it('remembers where the card is and what it shows', async () => {
        const records = createMessageRecords(redis);
        expect(await records.find('r1')).toBeUndefined();
        const record = { channel: 'C1', ts: '1700000000.000100', shownVersion: 3 };
        await records.save('r1', record);
        expect(await records.find('r1')).toEqual(record);
      });

      it('keeps one seal for each card, and what the card showed last', async () => {
        const records = createMessageRecords(redis);
        expect(await records.findSeal('r1')).toBeUndefined();
        const seal = await records.beginSending('r1', 'post');
        expect(await records.beginSending('r1', 'edit')).toBe(seal);
        expect(await records.beginSending('r2', 'post')).not.toBe(seal);
        expect(await records.findSeal('r1')).toEqual({ seal, unconfirmedPosts: 1, contents: undefined });
        await records.endSending('r1', 'post', 'first');
        await records.endSending('r1', 'edit', 'second');
        expect(await records.findSeal('r1')).toEqual({
          seal,
          unconfirmedPosts: 0,
          contents: ['second', 'first'],
        });
      });

      it('says of one caller only that something is done for the first time, until it is forgotten', async () => {
        const callers = [createReplays(redis), createReplays(redis)];
        const first = () =>
          Promise.all(callers.map((replays) => replays.isFirst('signature', 'ab12', 60_000)));
        expect((await first()).filter(Boolean)).toHaveLength(1);
        expect(await first()).toEqual([false, false]);
        expect(await createReplays(redis).isFirst('trigger', 'ab12', 60_000)).toBe(true);
        const left = await redis.pttl('{kastellan}:replay:signature:ab12');
        expect(left).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual(60_000);
      });

      it('keeps one seal for the home tab of each person', async () => {
        const seals = createPersonalSeals(redis);
        expect(await seals.find('U1')).toBeUndefined();
        const [one, same] = await Promise.all([seals.make('U1'), createPersonalSeals(redis).make('U1')]);
        expect(same).toBe(one);
        expect(await seals.find('U1')).toBe(one);
        expect(await seals.make('U2')).not.toBe(one);
      });

      it('lets the next one change the card in the moment in which it is remembered what it shows', async () => {
        const records = createMessageRecords(redis);
        await records.claim('r1', 60_000);
        await records.save('r1', { channel: 'C1', ts: '1700000000.000100', shownVersion: 3 });
        expect(await records.claim('r1', 60_000)).toBe(true);
      });

      it('remembers which cards are to show something newer, until they do', async () => {
        const records = createMessageRecords(redis);
        await records.want('r1', 4);
        await records.want('r1', 3);
        await records.want('r2', 1);
        await records.save('r1', { channel: 'C1', ts: '1700000000.000100', shownVersion: 3 });
        expect(await records.wanted()).toEqual(['r2', 'r1']);
        await records.save('r1', { channel: 'C1', ts: '1700000000.000100', shownVersion: 4 });
        await records.want('r1', 4);
        expect(await records.wanted()).toEqual(['r2']);
      });

      it('remembers the dashboards that were found', async () => {
        const discoveries = createDiscoveries(redis);
        expect(await discoveries.find('lab')).toEqual([]);
        await discoveries.save('lab', ['https://kasten.example.com']);
        expect(await discoveries.find('lab')).toEqual(['https://kasten.example.com']);
      });
    });

    describe('the ends of credentials in Redis', () => {
      const ends = (seenAt: string, keyId: string): CredentialEnds => ({
        seenAt,
        count: { cluster: 0, kastellan: 0, other: 1 },
        soonest: [{ purpose: { of: 'other' }, clientId: 'a', keyId, kind: 'secret', endsAt: seenAt }],
      });
      const open = () => createCredentialEndStore(redis, () => new Date('2026-11-25T12:00:00.000Z'));

      it('are those of the look that began last, whichever was done last', async () => {
        const store = open();
        expect(await store.find()).toBeUndefined();
        await store.save(ends('2026-11-25T10:00:00.000Z', 'new'));
        await store.save(ends('2026-11-25T09:59:00.000Z', 'old'));
        expect(await store.find()).toEqual(ends('2026-11-25T10:00:00.000Z', 'new'));
        await store.save(ends('2026-11-25T10:01:00.000Z', 'newest'));
        expect((await store.find())?.soonest[0]?.keyId).toBe('newest');
      });

      it('are not held up by a clock that once was wrong', async () => {
        const store = open();
        await store.save(ends('2027-11-25T10:00:00.000Z', 'from next year'));
        await store.save(ends('2026-11-25T11:00:00.000Z', 'of today'));
        expect((await store.find())?.soonest[0]?.keyId).toBe('of today');
      });
    });

    describe('reminders in Redis', () => {
      const AT = '2026-11-23T10:00:00Z';
      const DAY_MS = 86_400_000;
      const REMINDED = { action: 'expiry.reminded', actor: 'kastellan' };
      const reminder: Reminder = remindedOf(
        undefined,
        {
          id: '0f3a9c21d77e',
          application: { objectId: 'o', clientId: 'c', name: 'kasten-service' },
          purpose: { of: 'cluster', cluster: 'prod-eu' },
          credential: { keyId: 'k', kind: 'secret', name: null, hint: 'abc', startsAt: AT, endsAt: AT },
          owners: [{ slackUserId: 'U0ASKER' }, { name: 'Olga' }],
        },
        14,
        AT,
      );
      let now = Date.parse(AT);
      const store = () => createReminderStore(redis, new AuditChain(redis, clock), () => now);

      it('come back as they were stored, and are changed by one of two who saw the same version', async () => {
        const [one, other] = [store(), store()];
        const first = await Promise.all([
          one.replace(reminder, 0, REMINDED),
          other.replace(reminder, 0, REMINDED),
        ]);
        expect(first.toSorted()).toEqual(['conflict', 'replaced']);
        expect(await one.find(reminder.id)).toEqual(reminder);
        const next = remindedOf(reminder, reminder, 7, AT);
        const both = await Promise.all([one.replace(next, 1, REMINDED), other.replace(next, 1, REMINDED)]);
        expect(both.toSorted()).toEqual(['conflict', 'replaced']);
        expect(await other.list()).toEqual([next]);
        expect(await createAuditLog(redis, new AuditChain(redis, clock)).latest(9)).toHaveLength(2);
      });

      it('are forgotten a month after they were closed, and not before', async () => {
        const reminders = store();
        await reminders.replace(reminder, 0, REMINDED);
        const over = closed(reminder, { at: AT, how: 'removed' });
        await reminders.replace(over, 1, REMINDED);
        now = Date.parse(AT) + 29 * DAY_MS;
        expect(await reminders.list()).toEqual([over]);
        now = Date.parse(AT) + 31 * DAY_MS;
        expect(await reminders.list()).toEqual([]);
      });
    });
  });
}
