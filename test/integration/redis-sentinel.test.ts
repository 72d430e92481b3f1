import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { dependent } from '../../sandbox/tools/dependent.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createDiscoveries } from '../../src/adapters/redis/discoveries.ts';
import { checkRedis } from '../../src/adapters/redis/facts.ts';
import { asKastellanError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createWorkQueue } from '../../src/jobs/queue.ts';
import { startWorker } from '../../src/jobs/worker.ts';
import { freePort } from '../support/free-port.ts';
import { leadsTo, listening, QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { makeTestTls, type TestTls } from '../support/redis-tls.ts';

const PASSWORD = 'p@ss/word';
const USERS = ['user default on nopass ~* &* +@all', `user app on >${PASSWORD} ~* &* +@all`];

const KINDS = [
  { kind: 'a Redis behind Sentinel', encrypted: false },
  { kind: 'a Redis behind Sentinel, with TLS to both', encrypted: true },
];

describe.each(KINDS)('$kind', ({ encrypted }) => {
  let tls: TestTls | undefined;
  let folder: string;
  let primary: TestRedis;
  let replica: TestRedis;
  let sentinel: ChildProcess;
  let hosts: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kastellan-sentinel-'));
    if (encrypted) tls = await makeTestTls(['127.0.0.1']);
    primary = await startTestRedis(USERS, tls);
    replica = await startTestRedis([...USERS, `replicaof 127.0.0.1 ${primary.port}`], tls);
    const port = await freePort();
    sentinel = await startSentinel(port);
    // The first of them does not answer: the next is asked.
    hosts = `127.0.0.1:1,127.0.0.1:${port}`;
    await knows(port, 'slaves');
  });

  afterAll(async () => {
    sentinel?.kill('SIGKILL');
    await primary?.stop();
    await replica?.stop();
    await tls?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const address = (name = 'castle') =>
    new Secret(
      `${encrypted ? 'rediss' : 'redis'}+sentinel://app:${encodeURIComponent(PASSWORD)}@${hosts}/${name}/0?sentinelPassword=watchman`,
    );

  /** Sentinel writes what it learns into its file. */
  async function startSentinel(port: number): Promise<ChildProcess> {
    const file = join(folder, 'sentinel.conf');
    const lines = [
      'bind 127.0.0.1',
      ...listening(port, tls),
      `dir ${folder}`,
      'requirepass watchman',
      `sentinel monitor castle 127.0.0.1 ${primary.port} 1`,
      'sentinel down-after-milliseconds castle 500',
      'sentinel failover-timeout castle 3000',
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    return spawn(...dependent('KILL', 'redis-server', [file, '--sentinel']), { stdio: 'ignore' });
  }

  /** Waits until Sentinel has found the replica. */
  async function knows(port: number, what: string): Promise<void> {
    const asked = new Redis({ ...leadsTo(port, tls), password: 'watchman', retryStrategy: () => 50 });
    asked.on('error', () => undefined);
    asked.options.maxRetriesPerRequest = null;
    for (;;) {
      const found = await asked.call('sentinel', what, 'castle').catch(() => []);
      if (Array.isArray(found) && found.length > 0) break;
      await pause(50);
    }
    asked.disconnect();
  }

  it('is found by the name of its primary, and fit', async () => {
    const connection = await connectRedis(address(), 'requests', QUIET);
    const verdicts = (await checkRedis(connection)).map(({ verdict }) => verdict);
    expect(verdicts).toEqual(['good', 'good', 'good', 'good']);
    connection.disconnect();
  });

  it('that Sentinel does not know by this name is said so, without a password', async () => {
    const error = asKastellanError(
      await connectRedis(address('tower'), 'requests', QUIET).catch((thrown: unknown) => thrown),
    );
    expect(error).toMatchObject({ code: 'redis.unreachable' });
    const told = JSON.stringify([error, error.message, String(error.cause)]);
    expect(told).toContain(`${hosts}/tower`);
    expect(told).not.toMatch(/p@ss|p%40ss|watchman/);
  });

  it('is followed to its new primary, with what was stored, and its jobs go on', async () => {
    const requests = await connectRedis(address(), 'requests', QUIET);
    const jobs = await connectRedis(address(), 'jobs', QUIET);
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
    const discoveries = createDiscoveries(requests);
    await discoveries.save('prod-eu', ['https://k10.example.com']);
    await queue.add('before');
    await until(() => done.includes('before'));
    // What a replica has not got when its primary dies is lost with any Redis.
    await requests.wait(1, 4_000);

    await primary.kill();
    await until(async () => (await discoveries.find('prod-eu').catch(() => undefined)) !== undefined);
    expect(await discoveries.find('prod-eu')).toEqual(['https://k10.example.com']);
    await until(() =>
      queue.add('after').then(
        () => true,
        () => false,
      ),
    );
    await until(() => done.includes('after'));
    await queue.close();
    await worker.close(1_000);
    requests.disconnect();
    jobs.disconnect();
  });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50);
}
