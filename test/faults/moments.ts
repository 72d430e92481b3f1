import type { Redis } from 'ioredis';
import type { Sandbox } from '../../sandbox/world.ts';
import type { Lane } from './lane.ts';
import { ownerOf } from './processes.ts';
import { monitorRedis } from './redis-monitor.ts';

/**
 * Where a moment is seen: a write that Entra has just answered, a write that the cluster has just received (its answer
 * is still to come), or a note in Kastellan's journal that has just been taken.
 */
export const STREAMS = ['entra', 'kubernetes', 'journal'] as const;
export type Stream = (typeof STREAMS)[number];

export interface Moment {
  readonly stream: Stream;
  /** `POST /v1.0/groups`, `credential started`: what happens at this moment. */
  readonly what: string;
}

type Listener = (moment: Moment) => void;

/** Sees the writes to Entra and the cluster as they happen; it stays for the life of the world. */
export class RemoteWrites {
  #listener: Listener | undefined;

  constructor({ entra, kubernetes }: Sandbox) {
    listenTo(entra.requestLog, ({ method, url }) => {
      if (method === 'GET' || !url.startsWith('/v1.0') || url.includes('$batch')) return;
      this.#listener?.({ stream: 'entra', what: `${method} ${shortened(url)}` });
    });
    listenTo(kubernetes.requestLog.entries, ({ method, path, query }) => {
      if (method === 'GET' || /reviews$/.test(path) || query.includes('dryRun')) return;
      this.#listener?.({ stream: 'kubernetes', what: `${method} ${shortened(path)}` });
    });
  }

  listen(listener: Listener | undefined): void {
    this.#listener = listener;
  }
}

// The logs are plain lists; whoever adds to one of them is heard here.
function listenTo<T>(list: T[], heard: (entry: T) => void): void {
  const add = list.push.bind(list);
  list.push = (...entries: T[]) => {
    const length = add(...entries);
    for (const entry of entries) heard(entry);
    return length;
  };
}

function shortened(path: string): string {
  return path
    .replace(/\?.*$/, '')
    .replace(/^\/v1\.0|^\/apis?\/([^/]+\/)?v1/, '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replaceAll(/\.v\d+$/g, '.v<n>');
}

/** Watches one request's journal in Redis, and who works on it. */
export class JournalWatch {
  #stop: () => void = () => undefined;
  /** The process that holds the lease now, and when it took it. */
  runner: { readonly pid: number; readonly since: number } | undefined;

  static async open(
    lane: Pick<Lane, 'redis' | 'redisServer' | 'fleet'>,
    requestId: string,
    listener: Listener,
  ): Promise<JournalWatch> {
    const watch = new JournalWatch();
    const lease = `{kastellan}:lease:request:${requestId}`;
    watch.#stop = await monitorRedis(lane.redisServer.port, ({ source, words }) => {
      const [command = '', key = '', ...rest] = words;
      const verb = command.toUpperCase();
      if (verb === 'SET' && key === lease)
        watch.#noteRunner(lane.redis, lease, rest[0] ?? '', source, lane.fleet.pids).catch(() => undefined);
      const what = noted(verb, key, rest, requestId);
      if (what !== undefined) listener({ stream: 'journal', what });
    });
    return watch;
  }

  // Two processes may ask for the lease; whoever's token is stored has it.
  async #noteRunner(
    redis: Redis,
    lease: string,
    token: string,
    source: string,
    pids: readonly number[],
  ): Promise<void> {
    const since = Date.now();
    const [held, pid] = await Promise.all([redis.get(lease), ownerOf(source, pids)]);
    if (held === token && pid !== undefined) this.runner = { pid, since };
  }

  close(): void {
    this.#stop();
  }
}

function noted(verb: string, key: string, rest: readonly string[], requestId: string): string | undefined {
  if (verb === 'HSET' && key === `{kastellan}:journal:${requestId}`) return stepNote(rest[0] ?? '', rest[1]);
  if (verb === 'SET' && key === `{kastellan}:grant:${requestId}`) return grantNote(rest[0]);
  if (verb !== 'SET' || key !== `{kastellan}:request:${requestId}`) return undefined;
  const state = stateIn(rest[0]);
  return ['running', 'done', 'undone'].includes(state) ? `request ${state}` : undefined;
}

// What somebody wants of a grant is no work yet.
function grantNote(stored = ''): string | undefined {
  if (stateIn(stored) !== 'ending') return `grant ${stateIn(stored)}`;
  return stored.includes('"removalBegunAt"') ? 'grant removing' : undefined;
}

function stepNote(step: string, record: string | undefined): string {
  return `${step} ${stateIn(record)}`;
}

// MONITOR writes what is no ASCII its own way, so what it shows may be no JSON any more.
function stateIn(stored = ''): string {
  return /"state":"([a-z-]+)"/.exec(stored)?.[1] ?? '';
}
