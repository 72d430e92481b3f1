import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const CHECK_EVERY_MS = 20;

/** Remembers the Helm that changes a release now, so that the next Kastellan can find it if this one is killed. */
export function noteRunning(folder: string, pid: number): void {
  writeFileSync(noteIn(folder), String(pid), { mode: 0o600 });
}

/** Forgets it once it has ended. */
export function forgetRunning(folder: string): void {
  rmSync(noteIn(folder), { force: true });
}

/**
 * Ends the Helm that a killed Kastellan left running: beside a new upgrade it would write to the same release. It is
 * killed outright, because a Helm that is asked to end writes another revision's fate first. In a container it died with
 * the container, and there is nothing to find.
 * @returns whether there was one
 */
export async function endOrphan(folder: string, release: string): Promise<boolean> {
  const pid = notedPid(folder);
  if (pid === undefined || !(await isHelmOf(pid, release))) return false;
  process.kill(pid, 'SIGKILL');
  while (await isHelmOf(pid, release)) await pause(CHECK_EVERY_MS);
  forgetRunning(folder);
  return true;
}

function noteIn(folder: string): string {
  return join(folder, 'helm.pid');
}

function notedPid(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(noteIn(folder), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

// The process id may belong to somebody else by now, and a process that only waits to be collected has no words left.
async function isHelmOf(pid: number, release: string): Promise<boolean> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return words.some((word) => word === 'upgrade' || word === 'rollback') && words.includes(release);
}
