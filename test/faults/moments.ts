import type { Sandbox } from '../../sandbox/world.ts';
import type { Lane } from './lane.ts';
import { ownerOf } from './processes.ts';
import { type Monitor, monitorRedis } from './redis-monitor.ts';

/**
 * Where a moment is seen: a write that Entra has just answered, a write that a cluster has just received (its answer is
 * still to come), or a note in Kastellan's journal, a request's state or its lease, that Redis has just taken (Kastellan
 * does not know yet).
 */
export type Stream = 'entra' | 'kubernetes' | 'journal' | 'request';

export interface Moment {
  readonly stream: Stream;
  /** `POST /v1.0/groups`, `credential started`: what happens at this moment. */
  readonly what: string;
}

/** Of a note in Redis: Kastellan hears that it was taken once what this gives is done. */
type Listener = (moment: Moment) => Promise<void> | void;

/** Sees the writes to Entra and the clusters as they happen; it stays for the life of the world. */
export class RemoteWrites {
  #listener: Listener | undefined;

  constructor({ entra, clusters }: Sandbox) {
    listenTo(entra.requestLog, ({ method, url }) => {
      if (method === 'GET' || !url.startsWith('/v1.0') || url.includes('$batch')) return;
      this.#listener?.({ stream: 'entra', what: `${method} ${shortened(url)}` });
    });
    for (const { kubernetes } of clusters) {
      listenTo(kubernetes.requestLog.entries, ({ method, path, query }) => {
        if (method === 'GET' || /reviews$/.test(path) || query.includes('dryRun')) return;
        this.#listener?.({ stream: 'kubernetes', what: `${method} ${shortened(path)}` });
      });
    }
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

const LEASE = '{kastellan}:lease:';
const REQUEST = '{kastellan}:request:';

/**
 * Watches one request's journal in Redis, and who works on it; of a batch, those of its parts, too. Kastellan goes on once
 * each note has been heard of here.
 */
export class JournalWatch {
  readonly #lane: Pick<Lane, 'redis' | 'redisServer' | 'redisGate' | 'fleet'>;
  readonly #requestId: string;
  /** The request, and the parts of a batch as they are made. */
  readonly #family: Set<string>;
  readonly #listener: Listener;
  #monitor: Monitor | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** The processes that hold a lease for one of the family now. */
  readonly #holders = new Map<string, number>();
  /** Leases whose holder was killed, and when. */
  readonly #orphaned = new Map<string, number>();
  /** The process that took the request's lease last. */
  runner: number | undefined;
  /**
   * From a kill until the last of the leases that were held by the killed one was taken by another; undefined where none
   * was. What is lost and taken once more later does not count again.
   */
  takeOverMs: number | undefined;

  private constructor(lane: Lane, requestId: string, listener: Listener) {
    this.#lane = lane;
    this.#requestId = requestId;
    this.#family = new Set([requestId]);
    this.#listener = listener;
  }

  static async open(lane: Lane, requestId: string, listener: Listener): Promise<JournalWatch> {
    const watch = new JournalWatch(lane, requestId, listener);
    const monitor = await monitorRedis(lane.redisServer.port, lane.redis, ({ source, words }) =>
      watch.#hear(source, words),
    );
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

  /** From now on this process renews none of its leases. */
  noteKilled(pid: number): void {
    const now = Date.now();
    for (const [lease, holder] of this.#holders) if (holder === pid) this.#orphaned.set(lease, now);
  }

  #hear(source: string, [command = '', key = '', ...rest]: readonly string[]): void {
    const verb = command.toUpperCase();
    if (key.startsWith(LEASE)) {
      if (verb === 'SET') this.#lookForHolder(key, rest[0] ?? '', source);
      if (verb === 'DEL') this.#holders.delete(key);
      return;
    }
    if (verb === 'SET' && key.startsWith(REQUEST) && rest[0]?.includes(`"batch":"${this.#requestId}"`))
      this.#family.add(key.slice(REQUEST.length));
    for (const id of this.#family) {
      const moment = noted(verb, key, rest, id);
      if (moment !== undefined) this.#tell(moment);
    }
  }

  #tell(moment: Moment): void {
    const heard = this.#listener(moment);
    if (heard !== undefined) this.#looking = this.#looking.then(() => heard);
  }

  #lookForHolder(lease: string, value: string, source: string): void {
    const requestId = /"holder":"([^"]+)"/.exec(value)?.[1] ?? '';
    if (!this.#family.has(requestId)) return;
    const look = () => this.#noteHolder(lease, value, source, requestId);
    this.#looking = this.#looking.then(look).catch(() => undefined);
  }

  // Two processes may ask for a lease; whoever's token is stored has it.
  async #noteHolder(lease: string, value: string, source: string, requestId: string): Promise<void> {
    const { redis, redisGate, fleet } = this.#lane;
    const at = Date.now();
    const client = redisGate.clientOf(source);
    if (client === undefined || (await redis.get(lease)) !== value) return;
    const pid = await ownerOf(client, fleet.pids);
    if (pid === undefined) return;
    this.#holders.set(lease, pid);
    const orphanedAt = this.#orphaned.get(lease);
    if (orphanedAt !== undefined) this.takeOverMs = Math.max(this.takeOverMs ?? 0, at - orphanedAt);
    this.#orphaned.delete(lease);
    if (lease === `${LEASE}request:${this.#requestId}`) this.runner = pid;
    if (lease === `${LEASE}request:${requestId}`) this.#tell({ stream: 'request', what: 'lease taken' });
  }
}

function noted(
  verb: string,
  key: string,
  [first, second]: readonly string[],
  id: string,
): Moment | undefined {
  if (verb === 'HSET' && key === `{kastellan}:journal:${id}`)
    return { stream: 'journal', what: `${first} ${stateIn(second)}` };
  if (verb === 'SET' && key === `{kastellan}:grant:${id}`) return grantNote(first);
  if (verb !== 'SET' || key !== `${REQUEST}${id}`) return undefined;
  return { stream: 'request', what: `request ${stateIn(first)}` };
}

// What somebody wants of a grant is no work yet.
function grantNote(stored = ''): Moment | undefined {
  if (stateIn(stored) !== 'ending') return { stream: 'journal', what: `grant ${stateIn(stored)}` };
  return stored.includes('"removalBegunAt"') ? { stream: 'journal', what: 'grant removing' } : undefined;
}

// MONITOR writes what is no ASCII its own way, so what it shows may be no JSON any more.
function stateIn(stored = ''): string {
  return /"state":"([a-z-]+)"/.exec(stored)?.[1] ?? '';
}
