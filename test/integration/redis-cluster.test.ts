import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAnnounce, listenToChanges } from '../../src/adapters/redis/changes.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDiscoveries } from '../../src/adapters/redis/discoveries.ts';
import { checkRedis } from '../../src/adapters/redis/facts.ts';
import { asKastellanError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createInquiries } from '../../src/jobs/inquiries.ts';
import { createWorkQueue } from '../../src/jobs/queue.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { QUIET, startTestRedis } from '../support/redis.ts';
import {
  isBack,
  primariesOf,
  startTestRedisCluster,
  type TestRedisCluster,
} from '../support/redis-cluster.ts';
import { makeTestTls, type TestTls } from '../support/redis-tls.ts';

const PASSWORD = 'p@ss/word';
const USERS = ['user default on nopass ~* &* +@all', `user app on >${PASSWORD} ~* &* +@all`];
const LOGIN = `app:${encodeURIComponent(PASSWORD)}@`;

// Its nodes tell each other's addresses; the certificate holds for a name alone.
const KINDS = [
  { kind: 'a Redis Cluster', host: '127.0.0.1' },
  { kind: 'a Redis Cluster with TLS', host: 'localhost', certified: 'localhost' },
];

describe.each(KINDS)('$kind', ({ host, certified }) => {
  let tls: TestTls | undefined;
  let cluster: TestRedisCluster;
  let scheme: string;
  beforeAll(async () => {
    if (certified !== undefined) tls = await makeTestTls([certified]);
    scheme = tls === undefined ? 'redis+cluster' : 'rediss+cluster';
    cluster = await startTestRedisCluster({
      settings: USERS,
      login: LOGIN,
      host,
      ...(tls !== undefined && { tls }),
    });
  });
  afterAll(async () => {
    await cluster?.stop();
    await tls?.remove();
  });

  const open = (purpose: 'requests' | 'jobs') => connectRedis(new Secret(cluster.url), purpose, QUIET);

  it('is fit, and says how many it is', async () => {
    const connection = await open('requests');
    const findings = await checkRedis(connection);
    expect(findings).toMatchObject([
      { verdict: 'good' },
      { verdict: 'good', detail: 'a Cluster with 3 primaries and 3 replicas' },
      { verdict: 'good' },
      { verdict: 'good' },
    ]);
    connection.disconnect();
  });

  it('in which one node may forget is not fit, and the node is named', async () => {
    const connection = await open('requests');
    const [, one] = primariesOf(connection);
    await one?.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const findings = await checkRedis(connection);
    expect(findings[2]).toMatchObject({
      verdict: 'bad',
      detail: expect.stringMatching(`^127.0.0.1:${one?.options.port}: allkeys-lru`),
    });
    await one?.config('SET', 'maxmemory-policy', 'noeviction');
    connection.disconnect();
  });

  it('that does not know the password says so, without it', async () => {
    const url = new Secret(cluster.url.replace(LOGIN, 'app:wrong-pw@'));
    const error = asKastellanError(
      await connectRedis(url, 'requests', QUIET).catch((thrown: unknown) => thrown),
    );
    expect(error).toMatchObject({ code: 'redis.unreachable', retry: { when: 'later' } });
    const told = JSON.stringify([error, error.message, error.cause]);
    expect(told).toContain('WRONGPASS');
    expect(told).not.toContain('wrong-pw');
  });

  it('that serves no keys lets nobody wait for it at the start', async () => {
    const alone = await startTestRedis(['cluster-enabled yes'], tls);
    const url = new Secret(`${scheme}://${host}:${alone.port}`);
    await expect(connectRedis(url, 'requests', QUIET)).rejects.toMatchObject({
      code: 'redis.unreachable',
      cause: { message: 'It is there, but does not serve all its keys.' },
    });
    await alone.stop();
  });

  it('finds the other nodes by any of them, also where others do not answer', async () => {
    const hosts = cluster.url.split(',');
    const connection = await connectRedis(
      new Secret(`${scheme}://${LOGIN}127.0.0.1:1,${hosts.at(-1)}`),
      'requests',
      QUIET,
    );
    await createDiscoveries(connection).save('lab', ['https://a.example.com']);
    expect(await createDiscoveries(connection).find('lab')).toEqual(['https://a.example.com']);
    connection.disconnect();
  });

  it.each(['lives on', 'dies'] as const)(
    'is followed to its new primary when the old one %s, with what was stored, and its jobs go on',
    async (old) => {
      const requests = await open('requests');
      const jobs = await open('jobs');
      const done: string[] = [];
      const worker = startWorker({
        connection: jobs,
        log: QUIET,
        process: async (requestId) => {
          done.push(requestId);
          return undefined;
        },
      });
      const queue = await createWorkQueue({ connection: requests, log: QUIET });
      const inquiries = await createInquiries({ connection: jobs, log: QUIET });
      const heard = new Set<string>();
      const listenNoMore = listenToChanges(jobs, QUIET, (id) => heard.add(id));
      const discoveries = createDiscoveries(requests);
      await discoveries.save('prod-eu', ['https://k10.example.com']);
      await queue.add(`before it ${old}`);
      await until(() => done.includes(`before it ${old}`));

      await cluster.failOver(old);
      await isBack(requests);
      expect(await discoveries.find('prod-eu')).toEqual(['https://k10.example.com']);
      await queue.add(`after it ${old}`);
      await until(() => done.includes(`after it ${old}`));
      // What is announced while nobody listens is heard by nobody.
      await until(() => {
        createAnnounce(requests)('r1');
        return heard.has('r1');
      });
      listenNoMore();
      await queue.close();
      await inquiries.close();
      await worker.close(1_000);
      for (const one of [requests, jobs]) one.disconnect();
    },
  );
});

describe('a Redis Cluster whose certificate holds for another name', () => {
  it('is not talked to', async () => {
    const tls = await makeTestTls(['redis.example.com']);
    const alone = await startTestRedis(['cluster-enabled yes'], tls);
    for (const host of ['localhost', '127.0.0.1']) {
      const url = new Secret(`rediss+cluster://${host}:${alone.port}`);
      const error = asKastellanError(
        await connectRedis(url, 'requests', QUIET).catch((thrown: unknown) => thrown),
      );
      expect(error.code).toBe('redis.unreachable');
      // It was hung up on before it could say that it serves no keys.
      expect(JSON.stringify(error.cause)).not.toContain('It is there');
    }
    await alone.stop();
    await tls.remove();
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(50);
}
