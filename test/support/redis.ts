import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { dependent } from '../../sandbox/tools/dependent.ts';
import type { Log } from '../../src/ports/telemetry.ts';
import { freePort } from './free-port.ts';
import type { TestTls } from './redis-tls.ts';

/** What every suite that wants a Redis can do with it, be it one server or a Cluster. */
export interface TestStore {
  /** An address as Kastellan takes it. */
  readonly url: string;
  /** Stops it in order and starts it again with its data, at the same address. */
  restart(): Promise<void>;
  /** Kills it at once; `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

export interface TestRedis extends TestStore {
  readonly port: number;
  /**
   * Gives the address to a replica that has everything and becomes the primary. The old primary dies; or it lives on as a
   * replica of the new one, and connections that are open stay with it, as behind an address of Kubernetes.
   */
  failOver(old: 'dies' | 'lives on'): Promise<void>;
}

/**
 * A private redis-server in a temporary folder, on a port of its own on 127.0.0.1; every write is on disk when answered.
 * @param settings further lines of redis.conf
 * @param tls speaks TLS only; it cannot `failOver` then
 */
export async function startTestRedis(settings: readonly string[] = [], tls?: TestTls): Promise<TestRedis> {
  const first = await startAnywhere(settings, tls);
  const { port } = first;
  let primary: Server = first;
  let retired: Server | undefined;
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`,
    port,
    async restart() {
      await end(primary, 'SIGTERM');
      primary = { ...primary, child: await start(primary.folder, port, settings, tls) };
    },
    kill: () => end(primary, 'SIGKILL'),
    async failOver(old) {
      if (retired !== undefined) await discard(retired);
      const replica = await startAnywhere([...settings, `replicaof 127.0.0.1 ${port}`]);
      await until(port, new RegExp(`port=${replica.port},state=online`));
      retired = primary;
      if (old === 'dies') {
        await end(retired, 'SIGKILL');
        await tell(replica.port, ['replicaof', 'no', 'one']);
      } else {
        await tell(port, ['failover', 'to', '127.0.0.1', String(replica.port)]);
        await until(replica.port, /role:master/);
        // Whoever is connected stays connected; new connections come to the new primary.
        await tell(port, ['config', 'set', 'port', String(await freePort())]);
      }
      await tell(replica.port, ['config', 'set', 'port', String(port)]);
      primary = replica;
    },
    async stop() {
      await Promise.all([primary, ...(retired === undefined ? [] : [retired])].map(discard));
    },
  };
}

interface Server {
  readonly folder: string;
  readonly child: ChildProcess;
}

async function end({ child }: Server, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

async function discard(server: Server): Promise<void> {
  await end(server, 'SIGKILL');
  await rm(server.folder, { recursive: true, force: true });
}

// Between choosing a free port and using it somebody else may take it.
async function startAnywhere(
  settings: readonly string[],
  tls?: TestTls,
): Promise<Server & { readonly port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-redis-'));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { folder, port, child: await start(folder, port, settings, tls) };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function start(
  folder: string,
  port: number,
  settings: readonly string[],
  tls: TestTls | undefined,
): Promise<ChildProcess> {
  const child = spawn(...dependent('KILL', 'redis-server', ['-']), { stdio: ['pipe', 'pipe', 'inherit'] });
  const config = [
    'bind 127.0.0.1',
    ...listening(port, tls),
    `dir ${folder}`,
    'appendonly yes',
    'appendfsync always',
    'save ""',
    // A replica does not have to wait for others that may come.
    'repl-diskless-sync-delay 0',
    'maxmemory-policy noeviction',
    ...settings,
  ];
  child.stdin?.end(`${config.join('\n')}\n`);
  child.stdout?.resume();
  await answers(port, child, tls);
  return child;
}

/** Lines of redis.conf or sentinel.conf. */
export function listening(port: number, tls: TestTls | undefined): string[] {
  return tls === undefined ? [`port ${port}`] : ['port 0', `tls-port ${port}`, ...tls.settings];
}

/** Leads to one server of a test, whatever its certificate says. */
export function leadsTo(port: number, tls: TestTls | undefined) {
  return { host: '127.0.0.1', port, ...(tls !== undefined && { tls: { rejectUnauthorized: false } }) };
}

async function answers(port: number, child: ChildProcess, tls: TestTls | undefined): Promise<void> {
  const probe = new Redis({ ...leadsTo(port, tls), lazyConnect: true, retryStrategy: () => 20 });
  probe.on('error', () => undefined);
  try {
    probe.connect().catch(() => undefined);
    while (probe.status !== 'ready') {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      await pause(10);
    }
  } finally {
    probe.disconnect();
  }
}

async function tell(port: number, [command = '', ...words]: readonly string[]): Promise<void> {
  const connection = new Redis({ port, host: '127.0.0.1', lazyConnect: true });
  await connection.call(command, ...words);
  connection.disconnect();
}

async function until(port: number, says: RegExp): Promise<void> {
  const connection = new Redis({ port, host: '127.0.0.1' });
  while (!says.test(await connection.info('replication'))) await pause(10);
  connection.disconnect();
}

export interface RedisChild {
  /** The next line the child says. */
  line(): Promise<string>;
  /** Lets a child that waits go on. */
  go(): void;
  /** As `kill -9`: nothing is cleaned up. */
  kill(): Promise<void>;
  readonly pid: number;
}

/** Another process that uses Redis: see `redis-child.ts` for what it can do. */
export function startRedisChild(what: string, ...args: readonly string[]): RedisChild {
  const script = new URL('./redis-child.ts', import.meta.url).pathname;
  const child = spawn(...dependent('KILL', process.execPath, [script, what, ...args]), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async line() {
      const next = await lines.next();
      if (next.done === true) throw new Error(`the child ended without a word, code ${child.exitCode}`);
      return next.value;
    },
    go: () => void child.stdin.write('go\n'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    pid: child.pid ?? 0,
  };
}

export const QUIET: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
