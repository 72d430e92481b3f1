import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RedisClient } from '../../../src/adapters/redis/clients.ts';
import { connectRedis } from '../../../src/adapters/redis/connection.ts';
import { createLeases } from '../../../src/adapters/redis/leases.ts';
import { Secret } from '../../../src/domain/secret.ts';
import type { Lease } from '../../../src/ports/leases.ts';
import { QUIET, startRedisChild, type TestStore } from '../../support/redis.ts';

/**
 * Everything a lease promises.
 * @param start gives a Redis of the kind that is looked at
 */
export function describeLeases(kind: string, start: () => Promise<TestStore>): void {
  describe(kind, () => {
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

    async function acquireWhenFree(name: string): Promise<Lease> {
      for (;;) {
        const lease = await createLeases(redis).acquire(name, 'second');
        if (lease !== undefined) return lease;
        await pause(20);
      }
    }

    describe('a lease', () => {
      it('is held by one, who is known by name, until it is given back', async () => {
        const leases = createLeases(redis);
        const lease = await leases.acquire('cluster:a', 'worker-1');
        expect(await leases.acquire('cluster:a', 'worker-2')).toBeUndefined();
        expect(await leases.holder('cluster:a')).toBe('worker-1');
        await lease?.release();
        expect(await leases.holder('cluster:a')).toBeUndefined();
        const next = await leases.acquire('cluster:a', 'worker-2');
        expect(next).toBeDefined();
        await next?.release();
      });

      it('outlives its lifetime as long as its holder lives', async () => {
        const leases = createLeases(redis, { ttlMs: 60_000, renewEveryMs: 50 });
        const lease = await leases.acquire('cluster:b', 'worker-1');
        // Half of its lifetime goes by.
        for (let times = 0; times < 3; times += 1) {
          await redis.pexpire('{kastellan}:lease:cluster:b', 30_000);
          while ((await redis.pttl('{kastellan}:lease:cluster:b')) <= 30_000) await pause(20);
        }
        expect(await leases.holder('cluster:b')).toBe('worker-1');
        expect(lease?.signal.aborted).toBe(false);
        await lease?.release();
      });

      it('passes on when its holder is killed', async () => {
        const child = startRedisChild('hold', server.url, 'cluster:c', '60000');
        expect(await child.line()).toBe('held');
        expect(await createLeases(redis).acquire('cluster:c', 'second')).toBeUndefined();
        await child.kill();
        // Its lifetime goes by, but for a moment.
        expect(await redis.pttl('{kastellan}:lease:cluster:c')).toBeGreaterThan(0);
        await redis.pexpire('{kastellan}:lease:cluster:c', 50);
        const lease = await acquireWhenFree('cluster:c');
        expect(await createLeases(redis).holder('cluster:c')).toBe('second');
        await lease.release();
      });

      it('tells its holder to stop when somebody else has it, and leaves the other one alone', async () => {
        const leases = createLeases(redis, { ttlMs: 3_000, renewEveryMs: 30 });
        const lease = await leases.acquire('cluster:d', 'worker-1');
        if (lease === undefined) throw new Error('not acquired');
        const aborted = once(lease.signal, 'abort');
        await redis.set('{kastellan}:lease:cluster:d', JSON.stringify({ holder: 'thief', token: 'x' }));
        await aborted;
        expect(lease.signal.reason).toMatchObject({ code: 'lease.lost', retry: { when: 'later' } });
        await lease.release();
        expect(await leases.holder('cluster:d')).toBe('thief');
      });

      it('tells its holder to stop before it ends when Redis is away', async () => {
        const leases = createLeases(redis, { ttlMs: 600 });
        const lease = await leases.acquire('cluster:e', 'worker-1');
        if (lease === undefined) throw new Error('not acquired');
        const aborted = once(lease.signal, 'abort');
        await server.kill();
        await aborted;
        expect(lease.signal.reason).toMatchObject({ code: 'lease.lost' });
        await server.restart();
      });
    });
  });
}
