import type { Sandbox } from '../../sandbox/world.ts';
import type { Lane } from './lane.ts';
import { ownerOf } from './processes.ts';
import { type Monitor, monitorRedis } from './redis-monitor.ts';

/**
 * Where a moment is seen: a write that Entra has just answered, a write that the cluster has just received (its answer
 * is still to come), or a note in Kastellan's journal, or a lease, that Redis has just taken (Kastellan does not know yet).
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

/** Watches one request's journal in Redis, and who works on it. Kastellan goes on once each note has been heard of here. */
export class JournalWatch {
  readonly #lane: Pick<Lane, 'redis' | 'redisServer' | 'redisGate' | 'fleet'>;
  readonly #lease: string;
  readonly #listener: Listener;
  #monitor: Monitor | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** The process that holds the lease now, and when it took it. */
  runner: { readonly pid: number; readonly since: number } | undefined;

  private constructor(lane: Lane, requestId: string, listener: Listener) {
    this.#lane = lane;
    this.#lease = `{kastellan}:lease:request:${requestId}`;
    this.#listener = listener;
  }

  static async open(lane: Lane, requestId: string, listener: Listener): Promise<JournalWatch> {
    const watch = new JournalWatch(lane, requestId, listener);
    const monitor = await monitorRedis(lane.redisServer.port, lane.redis, ({ source, words }) => {
      const [command = '', key = '', ...rest] = words;
      const verb = command.toUpperCase();
      if (verb === 'SET' && key === watch.#lease) watch.#lookForRunner(rest[0] ?? '', source);
      const what = noted(verb, key, rest, requestId);
      if (what !== undefined) listener({ stream: 'journal', what });
    });
    watch.#monitor = monitor;
    lane.redisGate.holdAnswers(async () => {
      await monitor.caughtUp();
      await watch.#looking;
    });
    return watch;
  }

  close(): void {
    this.#lane.redisGate.holdAnswers(undefined);
    this.#monitor?.close();
  }

  #lookForRunner(token: string, source: string): void {
    this.#looking = this.#looking.then(() => this.#noteRunner(token, source)).catch(() => undefined);
  }

  // Two processes may ask for the lease; whoever's token is stored has it.
  async #noteRunner(token: string, source: string): Promise<void> {
    const { redis, redisGate, fleet } = this.#lane;
    const since = Date.now();
    const client = redisGate.clientOf(source);
    if (client === undefined || (await redis.get(this.#lease)) !== token) return;
    const pid = await ownerOf(client, fleet.pids);
    if (pid === undefined) return;
    this.runner = { pid, since };
    this.#listener({ stream: 'journal', what: 'lease taken' });
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
