import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDiscoveries } from '../../src/adapters/redis/discoveries.ts';
import { checkRedis } from '../../src/adapters/redis/facts.ts';
import { createStoreMemory } from '../../src/adapters/redis/memory.ts';
import { asKastellanError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { memoryFindings, watchMemory } from '../../src/operations/status/watch-memory.ts';
import type { Notifier } from '../../src/ports/messenger.ts';
import { RULES } from '../support/memory-world.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { makeTestTls } from '../support/redis-tls.ts';

let server: TestRedis;

beforeAll(async () => {
  server = await startTestRedis();
});
afterAll(async () => {
  await server?.stop();
});

async function verdictsOf(settings: readonly string[], user?: string) {
  const other = await startTestRedis(settings);
  const url = user === undefined ? other.url : other.url.replace('redis://', `redis://${user}@`);
  const connection = await connectRedis(new Secret(url), 'requests', QUIET);
  try {
    return await checkRedis(connection);
  } finally {
    connection.disconnect();
    await other.stop();
  }
}

describe('a connection to Redis', () => {
  it('that cannot be made says where, and never with which password', async () => {
    const url = new Secret('redis://:s3cr%2Fet-pw@127.0.0.1:1/0');
    const lines: unknown[] = [];
    const keep = (...line: unknown[]): number => lines.push(line);
    const log = { info: keep, warn: keep, error: keep };
    const error = await connectRedis(url, 'requests', log).catch(asKastellanError);
    expect(error).toMatchObject({ code: 'redis.unreachable', retry: { when: 'later' } });
    const told = JSON.stringify([error, String(error), (error as Error).cause, lines]);
    expect(told).toContain('127.0.0.1:1');
    expect(told).not.toMatch(/s3cr/);
  });

  it('with a wrong password is told apart from nothing only by its cause, without the password', async () => {
    const locked = await startTestRedis(['user default on nopass ~* +@all', 'user app on >right ~* +@all']);
    const url = new Secret(`redis://app:wrong-pw@127.0.0.1:${locked.port}`);
    const error = asKastellanError(
      await connectRedis(url, 'requests', QUIET).catch((thrown: unknown) => thrown),
    );
    expect(error).toMatchObject({ code: 'redis.unreachable' });
    expect(JSON.stringify([error.message, error.hint, error.cause])).not.toContain('wrong-pw');
    await locked.stop();
  });

  it.each(['http://localhost', 'localhost:6379', 'redis://:%zz@localhost'])(
    'refuses the address %s',
    async (address) => {
      await expect(connectRedis(new Secret(address), 'requests', QUIET)).rejects.toMatchObject({
        code: 'redis.address-invalid',
      });
    },
  );

  it('with TLS is made where the authority is known and the certificate holds for the address', async () => {
    const tls = await makeTestTls(['127.0.0.1']);
    const encrypted = await startTestRedis([], tls);
    const connection = await connectRedis(new Secret(encrypted.url), 'requests', QUIET);
    await createDiscoveries(connection).save('lab', ['https://a.example.com']);
    expect(await createDiscoveries(connection).find('lab')).toEqual(['https://a.example.com']);
    connection.disconnect();
    const misnamed = new Secret(encrypted.url.replace('127.0.0.1', 'localhost'));
    const error = asKastellanError(
      await connectRedis(misnamed, 'requests', QUIET).catch((thrown: unknown) => thrown),
    );
    expect(error.code).toBe('redis.unreachable');
    expect(JSON.stringify(error.cause)).toContain("does not match certificate's altnames");
    await encrypted.stop();
    await tls.remove();
  });

  it('fails at once when Redis is away, and works again when it is back', async () => {
    const connection = await connectRedis(new Secret(server.url), 'requests', QUIET);
    const discoveries = createDiscoveries(connection);
    await discoveries.save('lab', ['https://a.example.com']);
    await server.kill();
    await expect(discoveries.find('lab')).rejects.toMatchObject({
      code: 'redis.unreachable',
      retry: { when: 'later' },
    });
    const ready = new Promise((resolve) => connection.once('ready', resolve));
    await server.restart();
    await ready;
    expect(await discoveries.find('lab')).toEqual(['https://a.example.com']);
    connection.disconnect();
  });

  it.each(['dies', 'lives on'] as const)(
    'goes on with the new primary after a fail-over in which the old one %s',
    async (old) => {
      const own = await startTestRedis();
      const url = new Secret(own.url);
      const [requests, jobs] = await Promise.all([
        connectRedis(url, 'requests', QUIET),
        connectRedis(url, 'jobs', QUIET),
      ]);
      try {
        const discoveries = createDiscoveries(requests);
        await discoveries.save('lab', ['https://a.example.com']);
        await own.failOver(old);
        await jobs.set('written', 'after');
        if (requests.status !== 'ready') await once(requests, 'ready');
        await discoveries.save('lab', ['https://b.example.com']);
        expect(await discoveries.find('lab')).toEqual(['https://b.example.com']);
        expect(await requests.get('written')).toBe('after');
        expect(await requests.info('replication')).toContain('role:master');
      } finally {
        for (const one of [requests, jobs]) one.disconnect();
        await own.stop();
      }
    },
  );
});

describe('the check of Redis', () => {
  it('finds nothing wrong with one that keeps its data', async () => {
    const findings = await verdictsOf([]);
    expect(findings.map((finding) => finding.verdict)).toEqual(['good', 'good', 'good', 'good']);
  });

  it('says what to do about one that forgets', async () => {
    const findings = await verdictsOf(['maxmemory-policy allkeys-lru', 'appendonly no', 'save ""']);
    expect(findings).toMatchObject([
      { verdict: 'good' },
      { verdict: 'good' },
      { verdict: 'bad', fix: expect.stringContaining('noeviction') },
      { verdict: 'bad', fix: expect.stringContaining('appendonly') },
    ]);
  });

  it('says that a replica takes no writes', async () => {
    const findings = await verdictsOf([`replicaof 127.0.0.1 ${server.port}`]);
    expect(findings[1]).toMatchObject({ verdict: 'bad', fix: expect.stringContaining('primary') });
  });

  it('takes snapshots for persistence', async () => {
    const findings = await verdictsOf(['appendonly no', 'save 60 1']);
    expect(findings[3]).toMatchObject({ verdict: 'good', detail: expect.stringContaining('60 1') });
  });

  it('says how full it is, and tells operators once over all processes when that is much', async () => {
    const redis = await connectRedis(new Secret(server.url), 'requests', QUIET);
    // Beside it, what Redis itself takes and gives back does not count. It is not sent: the buffer for that would be as large.
    await redis.setrange('filler', 19_999_999, 'x');
    const used = async (share: number) => {
      const { usedBytes = 0 } = (await createStoreMemory(redis).read()) ?? {};
      await redis.config('SET', 'maxmemory', String(Math.round(usedBytes / share)));
      return (await memoryFindings(createStoreMemory(redis)))[0];
    };
    const told = new Set<string>();
    const notifier: Pick<Notifier, 'tell'> = {
      // As the real one has it: the same topic once.
      tell: async (person, topic) => void told.add(`${person} ${topic}`),
    };
    let minute = 0;
    const look = () => {
      minute += 1;
      const clock = { now: () => new Date(Date.UTC(2026, 0, 1, 0, minute)) };
      const rules = { ...RULES, operators: ['U0DAN', 'U0EVE'] };
      const world = { rules, notifier: notifier as Notifier, clock, log: QUIET };
      return Promise.all([1, 2].map(() => watchMemory(world, createStoreMemory(redis))));
    };
    expect(await used(0.5)).toMatchObject({
      verdict: 'good',
      detail: expect.stringMatching(/^(49|50|51) % of \d+ MiB$/),
    });
    await look();
    expect(told.size).toBe(0);
    expect(await used(0.8)).toMatchObject({ verdict: 'bad', fix: expect.stringContaining('maxmemory') });
    await look();
    await look();
    expect([...told].map((one) => one.split(' ')[0])).toEqual(['U0DAN', 'U0EVE']);
    // Around the limit it is not told again.
    await used(0.68);
    await look();
    await used(0.8);
    await look();
    expect(told.size).toBe(2);
    await used(0.5);
    await look();
    await used(0.8);
    await look();
    expect(told.size).toBe(4);
    await redis.config('SET', 'maxmemory', '0');
    await redis.del('filler');
    expect(await memoryFindings(createStoreMemory(redis))).toMatchObject([{ verdict: 'optional' }]);
    redis.disconnect();
  });

  it('does not call bad what a managed Redis does not tell', async () => {
    const settings = ['appendonly no', 'user app on >pw ~* +@all -config'];
    expect((await verdictsOf(settings, 'app:pw'))[3]).toMatchObject({ verdict: 'unknown' });
    const silent = await verdictsOf(['user app on >pw ~* +@all -config -info'], 'app:pw');
    expect(silent.map((finding) => finding.verdict)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
  });
});
