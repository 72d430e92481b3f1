import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, setPriority } from 'node:os';

/** A helper process that is told what to do, and answers, over Node's own channel. */
export interface Child {
  readonly pid: number;
  /** Milliseconds from being started to its first message. */
  readonly startMs: number;
  /** Its first message. */
  readonly hello: unknown;
  /** Sends `order` and gives the answer to it. */
  ask(order: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts a script of this folder; resolves with its first message, which says that it is ready. */
export async function startChild(script: string, environment: Record<string, string> = {}): Promise<Child> {
  const began = performance.now();
  const started = fork(new URL(script, import.meta.url), {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const hello = await answerOf(started);
  return {
    pid: started.pid ?? 0,
    startMs: performance.now() - began,
    hello,
    ask(order) {
      started.send(order);
      return answerOf(started);
    },
    async stop() {
      const ended = once(started, 'exit');
      started.kill('SIGTERM');
      await ended;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const answered = new AbortController();
  const { signal } = answered;
  const ended = once(child, 'exit', { signal }).then(() => undefined);
  ended.catch(() => undefined);
  const first = await Promise.race([once(child, 'message', { signal }), ended]);
  answered.abort();
  if (first === undefined) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
  return first[0];
}

/**
 * Puts processes before whatever else the machine does, so that its other work does not blur the figures.
 * @param pids the measured ones, and who measures them: their main threads go before all others
 * @param behind others that take part, but not before these
 * @returns how: as real-time processes, by a higher priority, or not at all, where the system does not allow it
 */
export function putFirst(
  pids: readonly number[],
  behind: readonly number[],
): 'real-time' | 'priority' | 'no' {
  try {
    // V8's helpers come after those who are measured: all of a garbage collection at once would take every processor.
    for (const pid of [...behind, ...pids]) makeRealTime(pid, 1, ['--all-tasks']);
    for (const pid of pids) makeRealTime(pid, 2);
    return 'real-time';
  } catch {
    return raisePriority([...pids, ...behind]) ? 'priority' : 'no';
  }
}

function makeRealTime(pid: number, priority: number, options: readonly string[] = []): void {
  execFileSync('chrt', [...options, '--rr', '--pid', String(priority), String(pid)]);
}

function raisePriority(pids: readonly number[]): boolean {
  try {
    for (const pid of pids) setPriority(pid, constants.priority.PRIORITY_HIGH);
    return true;
  } catch {
    return false;
  }
}

/** Processor time a process has used so far, in milliseconds, as Linux tells it. */
export async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name before these fields may hold blanks; after it, user and system time are the 12th and 13th, in 1/100 s.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** What a process holds in memory, in MiB. */
export interface Memory {
  readonly rss: number;
  /** Shared pages counted by share; undefined where the system does not tell. */
  readonly pss: number | undefined;
}

/** Memory of a running process, as Linux tells it. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return { rss: mebibytes(status, 'VmRSS') ?? Number.NaN, pss: mebibytes(rollup, 'Pss') };
}

function mebibytes(text: string, field: string): number | undefined {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1_024;
}

/** A port that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
