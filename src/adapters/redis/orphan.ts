import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { KastellanError } from '../../domain/errors.ts';
import { processExists } from './folder-lock.ts';

const CHECK_EVERY_MS = 50;
const PATIENCE_MS = 10_000;

/**
 * Ends the redis-server that a killed Kastellan left running on its data folder: two of them would destroy the data.
 * A process that only happens to have the noted id is left alone, because a redis-server's title names its port.
 * @param pidFile the file in which redis-server wrote its process id
 * @returns whether there was one
 * @throws KastellanError `embedded-redis.orphan` when it does not end
 */
export async function endOrphan(pidFile: string, port: number): Promise<boolean> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (!Number.isSafeInteger(pid) || pid <= 1 || !processExists(pid)) return false;
  const title = await titleOf(pid);
  if (!title.includes('redis-server') || !title.includes(`:${port}`)) return false;
  process.kill(pid, 'SIGTERM');
  for (let waited = 0; waited < PATIENCE_MS; waited += CHECK_EVERY_MS) {
    if (!processExists(pid) || (await titleOf(pid)) === '') return true;
    await pause(CHECK_EVERY_MS);
  }
  throw new KastellanError({
    code: 'embedded-redis.orphan',
    message: `A redis-server that a killed Kastellan left behind (process ${pid}) does not end.`,
    hint: `End it with: kill ${pid}`,
  });
}

// Empty for a process that has ended and only waits to be collected by its parent.
async function titleOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    const result = await execa('ps', ['-o', 'command=', '-p', String(pid)], { reject: false });
    return result.stdout ?? '';
  }
}
