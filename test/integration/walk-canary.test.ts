import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { OWN_SECRET } from '../../sandbox/inhabitants.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { ASKER, DONE, ROTATED, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { applicationOf, secretData, secretTexts } from '../support/walk-state.ts';

describe('the client secret', () => {
  let redis: TestRedis;
  let walk: Walk;
  let processes: Processes;
  let secret = '';
  /** Every client secret there ever was: in use, rotated away, and rolled back. */
  let all: readonly string[] = [];
  let metrics = '';
  beforeAll(async () => {
    redis = await startTestRedis();
    walk = await Walk.start({
      adjust: { configuration: (usual) => ({ ...usual, setup: { upgradeTimeout: '4s' } }) },
      processes: [{ KASTELLAN_REDIS_URL: redis.url, KASTELLAN_LOG_LEVEL: 'debug' }],
    });
    processes = watchProcesses(walk.pids[0] ?? 0);
    const issued = noteSecrets(walk);
    await walk.runs(DONE, { addMe: ['admin'] });
    await rotateAndRollBack(walk);
    await walk.user(ASKER).types('status');
    await walk.user(ASKER).readsPrivately('the status', /prod-eu/);
    await processes.stop();
    const [url = ''] = walk.healthUrls;
    metrics = await (await fetch(`${url}/metrics`)).text();
    [secret = ''] = secretTexts(walk.sandbox, applicationOf(walk.sandbox));
    all = [...issued];
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  /** Neither in plain nor as Kubernetes writes it. */
  function expectWithout(text: string): void {
    expect(all).toHaveLength(3);
    expect(all).toContain(secret);
    for (const canary of [...all, OWN_SECRET, walk.sandbox.slack.botToken]) {
      expect(text.includes(canary)).toBe(false);
      expect(text.includes(Buffer.from(canary).toString('base64'))).toBe(false);
    }
  }

  it('is in its one Kubernetes Secret and in no other object of the cluster', () => {
    expect(secretData(walk.sandbox, 'kastellan-k10-oidc')['client-secret']).toBe(secret);
    const { store } = walk.sandbox.kubernetes;
    const encoded = Buffer.from(secret).toString('base64');
    const holders = store
      .resources()
      .flatMap((resource) => store.list(resource).map((object) => ({ resource, object })))
      .filter(({ object }) => [secret, encoded].some((canary) => JSON.stringify(object).includes(canary)))
      .map(({ resource, object }) => `${resource} ${object.metadata.name}`);
    expect(holders).toEqual(['secrets kastellan-k10-oidc']);
    const gone = all
      .filter((one) => one !== secret)
      .flatMap((one) => [one, Buffer.from(one).toString('base64')]);
    const everything = JSON.stringify(store.resources().map((resource) => store.list(resource)));
    expect(gone.filter((canary) => everything.includes(canary))).toEqual([]);
  });

  it('is not in the values of the release', async () => {
    expectWithout(JSON.stringify(await (await somebodysHelm(walk)).values()));
  });

  it('is not in Redis', async () => {
    const connection = new Redis(redis.url);
    const keys = await connection.keys('*');
    const dumped = await Promise.all(keys.map((key) => everythingAt(connection, key)));
    connection.disconnect();
    expect(keys.length).toBeGreaterThan(5);
    expectWithout(JSON.stringify(dumped));
  });

  it('is not in the metrics', () => {
    expect(metrics).toContain('kastellan_requests_ended_total');
    expectWithout(metrics);
  });

  it('went through no message of Slack and no line of the log', async () => {
    const said = walk.sandbox.slack.traffic.entries.filter(({ kind }) => kind !== 'socket');
    expect(said.length).toBeGreaterThan(10);
    const text = JSON.stringify(said);
    expect(all.filter((one) => text.includes(one))).toEqual([]);
    expectWithout(await walk.log());
  });

  it('was in no argument and no variable of Helm, and in no file', async () => {
    const helms = processes.seen().filter((text) => /^\S*helm /.test(text));
    expect(helms.length).toBeGreaterThan(0);
    for (const text of helms) expectWithout(text);
    const files = await readdir(walk.home, { recursive: true, withFileTypes: true });
    const read = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'latin1'));
    for (const text of await Promise.all(read)) expectWithout(text);
  });
});

/** Every client secret that Entra gives out from now on. */
function noteSecrets({ sandbox }: Walk): ReadonlySet<string> {
  const { secretTexts: texts } = sandbox.entra.directory;
  const noted = new Set<string>();
  const set = texts.set.bind(texts);
  texts.set = (keyId, secret) => {
    noted.add(secret.text);
    return set(keyId, secret);
  };
  return noted;
}

/** One rotation to its good end, and one in which K10 does not come up and that is rolled back. */
async function rotateAndRollBack(walk: Walk): Promise<void> {
  const first = await walk.rotates(/Waits for/);
  await walk.approves(first);
  await walk.becomes(first, ROTATED);
  const second = await walk.rotates(/Waits for/);
  const { gate } = walk.sandbox.kubernetes;
  gate.hold();
  await walk.approves(second);
  await walk.becomes(second, /stopped at/);
  gate.release();
  await walk.presses(second, 'roll-back', ASKER);
  await walk.becomes(second, /was rolled back/);
}

interface Processes {
  /** Command line and environment of every process that was seen below. */
  seen(): string[];
  stop(): Promise<void>;
}

/** Looks at the children of a process as often as it can, as somebody on the same machine might. */
function watchProcesses(parent: number): Processes {
  const seen = new Set<string>();
  let on = true;
  const look = async (): Promise<void> => {
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
    for (const pid of children.trim().split(' ').filter(Boolean)) {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const command = await read('cmdline');
      // Until it has become another program, a child is a copy of its parent, variables included.
      if (!command.includes('main.ts'))
        seen.add(`${command}\n${await read('environ')}`.replaceAll('\0', ' '));
    }
  };
  const watching = (async () => {
    while (on) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    seen: () => [...seen],
    async stop() {
      on = false;
      await watching;
    },
  };
}

async function everythingAt(redis: Redis, key: string): Promise<unknown> {
  const kind = await redis.type(key);
  switch (kind) {
    case 'hash':
      return redis.hgetall(key);
    case 'list':
      return redis.lrange(key, 0, -1);
    case 'set':
      return redis.smembers(key);
    case 'zset':
      return redis.zrange(key, '0', '-1');
    case 'stream':
      return redis.xrange(key, '-', '+');
    default:
      return redis.get(key);
  }
}
