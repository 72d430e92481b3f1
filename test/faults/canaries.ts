import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { unpackRecord } from '../../sandbox/tools/helm-record.ts';
import type { Lane } from './lane.ts';
import { wordsOfFamily } from './processes.ts';

const PEEK_EVERY_MS = 500;

/** Every client secret that Entra ever gave out here, and a search for them wherever they must not be. */
export class Canaries {
  readonly #lane: Lane;
  readonly #texts = new Set<string>();
  readonly #seenInProcesses = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(lane: Lane) {
    this.#lane = lane;
    const { secretTexts } = lane.sandbox.entra.directory;
    const set = secretTexts.set.bind(secretTexts);
    secretTexts.set = (keyId, secret) => {
      this.#texts.add(secret.text);
      return set(keyId, secret);
    };
    this.#timer = setInterval(() => void this.#peek(), PEEK_EVERY_MS);
  }

  get count(): number {
    return this.#texts.size;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @returns the places where a secret was found: none is right */
  async find(): Promise<string[]> {
    const { home, redis, sandbox, fleet } = this.#lane;
    await this.#peek();
    const places: [string, string | Promise<string>][] = [
      ['Redis', everythingIn(redis)],
      ['logs and files of Kastellan', filesBelow(home)],
      ['Slack', sandbox.slack.traffic.entries.map(({ body }) => body).join('\n')],
      ['metrics', metricsAt(fleet.healthUrls)],
      ['Helm records', allRecords(this.#lane)],
      ['other objects in the clusters', otherObjects(this.#lane)],
    ];
    const found = await Promise.all(
      places.map(async ([place, text]) => (this.#isIn(await text) ? [place] : [])),
    );
    return [...found.flat(), ...this.#seenInProcesses];
  }

  // What a process was started with shows only while it runs.
  async #peek(): Promise<void> {
    const words = await wordsOfFamily(this.#lane.fleet.pids);
    if (words.some((text) => this.#isIn(text))) this.#seenInProcesses.add('arguments or environment');
  }

  #isIn(text: string): boolean {
    return [...this.#texts].some(
      (secret) => text.includes(secret) || text.includes(Buffer.from(secret).toString('base64')),
    );
  }
}

async function everythingIn(redis: Redis): Promise<string> {
  const texts: string[] = [];
  for await (const keys of redis.scanStream({ count: 500 })) {
    for (const key of keys as string[]) texts.push(key, await stored(redis, key));
  }
  return texts.join('\n');
}

async function stored(redis: Redis, key: string): Promise<string> {
  const readers: Record<string, () => Promise<unknown>> = {
    string: () => redis.get(key),
    hash: () => redis.hgetall(key),
    list: () => redis.lrange(key, 0, -1),
    set: () => redis.smembers(key),
    zset: () => redis.zrange(key, '0', '-1'),
    stream: () => redis.xrange(key, '-', '+'),
  };
  return JSON.stringify((await readers[await redis.type(key)]?.()) ?? null);
}

async function filesBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map((file) => readFile(join(file.parentPath, file.name), 'latin1').catch(() => ''));
  return (await Promise.all(texts)).join('\n');
}

async function metricsAt(urls: readonly string[]): Promise<string> {
  const texts = urls.map(async (url) => (await fetch(`${url}/metrics`)).text());
  const text = (await Promise.all(texts)).join('\n');
  if (!text.includes('kastellan_build_info')) throw new Error('There are no metrics to look in');
  return text;
}

function allRecords({ sandbox }: Lane): string {
  const records = sandbox.clusters
    .flatMap(({ kubernetes }) => kubernetes.store.list('secrets', 'kasten-io'))
    .filter(({ metadata }) => metadata.name.startsWith('sh.helm.release.v1.'));
  return records.map((record) => unpackRecord(record['data'])).join('\n');
}

function otherObjects({ sandbox }: Lane): string {
  const stores = sandbox.clusters.map(({ kubernetes }) => kubernetes.store);
  const objects = stores.flatMap((store) => store.resources().flatMap((resource) => store.list(resource)));
  return JSON.stringify(objects.filter(({ metadata }) => metadata.name !== 'kastellan-k10-oidc'));
}
