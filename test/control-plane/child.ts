import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dependent } from '../../sandbox/tools/dependent.ts';

/** A part of the control plane that runs. */
export interface Child {
  readonly name: string;
  /** Fails as soon as it ends without having been told to; never resolves. */
  readonly failure: Promise<never>;
  /** Its process, for tests that stop and continue it. */
  readonly process: ChildProcess;
  /** Ends it at once: nothing that it could save is of use. */
  stop(): Promise<void>;
}

const LAST_WORDS = 1500;

/**
 * Starts a program whose words go to `NAME.log` in the folder, where it also runs. It ends with this process.
 */
export async function startChild(options: {
  readonly name: string;
  readonly command: string;
  readonly flags: readonly string[];
  readonly folder: string;
}): Promise<Child> {
  const { name, command, flags, folder } = options;
  const log = join(folder, `${name}.log`);
  const file = await open(log, 'a', 0o600);
  const child = spawn(...dependent('KILL', command, flags), {
    cwd: folder,
    // Nothing of this machine's proxies or clusters is meant for it.
    env: { PATH: process.env['PATH'], HOME: folder, NO_PROXY: '127.0.0.1' },
    stdio: ['ignore', file.fd, file.fd],
  });
  let stopping = false;
  const ended = once(child, 'exit').catch((problem: unknown) => [problem]);
  const failure = ended.then(async ([how]) => {
    if (stopping) return new Promise<never>(() => undefined);
    const words = (await readFile(log, 'utf8')).slice(-LAST_WORDS);
    throw new Error(`${name} has ended (${String(how)}). Its last words: ${words}`);
  });
  failure.catch(() => undefined);
  await file.close();
  return {
    name,
    failure,
    process: child,
    async stop() {
      stopping = true;
      child.kill('SIGKILL');
      await ended;
    },
  };
}
