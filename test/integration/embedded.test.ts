import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../../src/adapters/redis/embedded.ts';
import { checkRedis } from '../../src/adapters/redis/facts.ts';
import { Secret } from '../../src/domain/secret.ts';
import { QUIET, startRedisChild } from '../support/redis.ts';

let folder: string;

beforeEach(async () => {
  // Quotes and blanks in the name: the folder goes into redis.conf.
  folder = join(await mkdtemp(join(tmpdir(), 'kastellan-embedded-')), 'a "data" folder');
});
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true });
});

const open = (redis: Pick<EmbeddedRedis, 'url'>) => connectRedis(redis.url, 'requests', QUIET);

describe('the private Redis', () => {
  it('keeps its data over a restart, says that it is there, and passes the check', async () => {
    const said: string[] = [];
    const log = { ...QUIET, info: (_: unknown, message: string) => void said.push(message) };
    const first = await startEmbeddedRedis({ dataDir: folder, log });
    const before = await open(first);
    expect(await checkRedis(before)).toMatchObject([
      { verdict: 'good' },
      { verdict: 'good' },
      { verdict: 'good' },
      { verdict: 'good' },
    ]);
    await before.set('word', 'kept');
    before.disconnect();
    await first.stop();
    expect(said).toEqual([expect.stringContaining('private redis-server')]);

    const second = await startEmbeddedRedis({ dataDir: folder, log: QUIET });
    expect(second.url.reveal()).not.toBe(first.url.reveal());
    const after = await open(second);
    expect(await after.get('word')).toBe('kept');
    after.disconnect();
    await second.stop();
    expect(await readdir(folder)).toEqual(['appendonlydir']);
  });

  it('lets in nobody without its password, which is in no argument, variable or file', async () => {
    const redis = await startEmbeddedRedis({ dataDir: folder, log: QUIET });
    const url = new URL(redis.url.reveal());
    await expect(connectRedis(new Secret(`redis://${url.host}`), 'requests', QUIET)).rejects.toMatchObject({
      code: 'redis.unreachable',
    });
    const pid = (await readFile(join(folder, 'redis.pid'), 'utf8')).trim();
    const seen = await Promise.all(
      ['cmdline', 'environ'].map((part) => readFile(`/proc/${pid}/${part}`, 'utf8')),
    );
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      seen.push(await readFile(join(file.parentPath, file.name), 'utf8'));
    }
    expect(seen.join('\n')).not.toContain(url.password);
    await redis.stop();
  });

  it('refuses a second one on the same folder, in this process and in another', async () => {
    const redis = await startEmbeddedRedis({ dataDir: folder, log: QUIET });
    await expect(startEmbeddedRedis({ dataDir: folder, log: QUIET })).rejects.toMatchObject({
      code: 'embedded-redis.folder-in-use',
      hint: expect.stringContaining('KASTELLAN_REDIS_URL'),
    });
    expect(await startRedisChild('embed', folder).line()).toMatch(/failed: The data folder .* is in use/);
    await redis.stop();
  });

  it('takes the folder over from a process that was killed, and ends the redis-server it left behind', async () => {
    const child = startRedisChild('embed', folder);
    const url = await child.line();
    const theirs = await open({ url: new Secret(url) });
    await theirs.set('word', 'kept');
    await child.kill();
    const gone = once(theirs, 'close');

    const redis = await startEmbeddedRedis({ dataDir: folder, log: QUIET });
    await gone;
    theirs.disconnect();
    const ours = await open(redis);
    expect(await ours.get('word')).toBe('kept');
    ours.disconnect();
    await redis.stop();
  });

  it('takes the lock of another host over once that has been silent', async () => {
    await mkdir(folder);
    const lock = join(folder, 'kastellan.lock');
    await writeFile(lock, JSON.stringify({ instance: 'x', host: 'another-host', pid: 1, port: 1 }));
    const start = () => startEmbeddedRedis({ dataDir: folder, log: QUIET });
    await expect(start()).rejects.toThrow(/process 1 on another-host/);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    await (await start()).stop();
  });

  it('says how to install redis-server where there is none', async () => {
    const start = startEmbeddedRedis({ dataDir: folder, binary: 'no-redis-here', log: QUIET });
    await expect(start).rejects.toMatchObject({
      code: 'embedded-redis.missing',
      hint: expect.stringContaining('apt-get install redis-server'),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('reports it when redis-server dies', async () => {
    const errors: string[] = [];
    const log = { ...QUIET, error: (_: unknown, message: string) => void errors.push(message) };
    const redis = await startEmbeddedRedis({ dataDir: folder, log });
    process.kill(Number(await readFile(join(folder, 'redis.pid'), 'utf8')), 'SIGKILL');
    expect(await redis.died).toMatchObject({
      code: 'embedded-redis.failed',
      message: expect.stringContaining('SIGKILL'),
    });
    expect(errors).toHaveLength(1);
    await redis.stop();
  });

  it('says why when its data cannot be loaded', async () => {
    const redis = await startEmbeddedRedis({ dataDir: folder, log: QUIET });
    await redis.stop();
    const manifest =
      (await readdir(join(folder, 'appendonlydir'))).find((name) => name.endsWith('.manifest')) ?? '';
    await writeFile(join(folder, 'appendonlydir', manifest), 'nonsense\n');
    await expect(startEmbeddedRedis({ dataDir: folder, log: QUIET })).rejects.toMatchObject({
      code: 'embedded-redis.failed',
      message: expect.stringContaining('code 1'),
    });
  });
});
