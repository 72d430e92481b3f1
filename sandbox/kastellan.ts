import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SandboxClock } from './clock.ts';
import { dependent } from './tools/dependent.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const CLOCK_PRELOAD = new URL('clock-preload.ts', import.meta.url);
// A third of the work of a start is to compile, which need not be done anew for each of hundreds of starts.
const COMPILED = fileURLToPath(new URL('../.cache/compiled', import.meta.url));
// As the image starts it.
const FLAGS = ['--no-warnings', '--max-semi-space-size=16', '--v8-pool-size=1'];
const READY = /"health":(\d+).*"msg":"Kastellan is ready"/;

/** Kastellan itself, as a process of its own. */
export interface KastellanProcess {
  readonly pid: number;
  /** Where it tells of itself: `/readyz`, `/metrics`. */
  readonly healthUrl: string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | undefined>;
  kill(signal: NodeJS.Signals): void;
  /**
   * Ends it as an operating system would; resolves when it has gone.
   * @throws Error where it was still there and did not end in order
   */
  stop(): Promise<void>;
}

/**
 * Starts the product as anybody would and waits until it says that it is ready.
 * @param logFile where its log goes
 * @param clock whose time it lives in; the machine's where there is none
 * @throws Error with its last words if it ends before that
 */
export async function startKastellan(
  environment: Record<string, string>,
  logFile: string,
  clock?: SandboxClock,
): Promise<KastellanProcess> {
  const child = spawn(...dependent('TERM', process.execPath, [...FLAGS, ...preloads(clock), MAIN]), {
    env: { NODE_COMPILE_CACHE: COMPILED, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  const lastWords: string[] = [];
  const keep = (chunk: Buffer): void => {
    log.write(chunk);
    lastWords.push(chunk.toString());
    if (lastWords.length > 20) lastWords.shift();
  };
  child.stderr.on('data', keep);
  const ready = new Promise<{ healthPort: string }>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      keep(chunk);
      const [, healthPort] = READY.exec(lastWords.join('')) ?? [];
      if (healthPort !== undefined) resolve({ healthPort });
    });
  });
  child.once('close', () => log.end());
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? undefined);
  const first = await Promise.race([ready, ended]);
  if (typeof first !== 'object') throw new Error(`Kastellan ended with ${first}:\n${lastWords.join('')}`);
  return {
    pid: child.pid ?? 0,
    healthUrl: `http://127.0.0.1:${first.healthPort}`,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      const wasThere = child.exitCode === null && child.signalCode === null && child.kill('SIGTERM');
      const code = await ended;
      if (wasThere && code !== 0) throw new Error(`Kastellan ended with ${child.signalCode ?? code}`);
    },
  };
}

function preloads(clock: SandboxClock | undefined): string[] {
  if (clock === undefined) return [];
  const preload = new URL(CLOCK_PRELOAD);
  preload.searchParams.set('file', clock.file);
  return ['--import', preload.href];
}
