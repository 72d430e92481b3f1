import { readdir, readFile, readlink } from 'node:fs/promises';

/** Who of these processes holds the connection that Redis sees as coming from this address (`127.0.0.1:40312`). */
export async function ownerOf(address: string, pids: readonly number[]): Promise<number | undefined> {
  const port = Number(address.split(':').at(-1)).toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n');
  const inodes = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(`:${port}`))
    .map((columns) => `socket:[${columns[9]}]`);
  for (const pid of pids) {
    const open = await openFiles(pid);
    if (inodes.some((inode) => open.includes(inode))) return pid;
  }
  return undefined;
}

async function openFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
}

/** Command lines and environments of these processes and of everything they started. */
export async function wordsOfFamily(pids: readonly number[]): Promise<string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = new Map(await Promise.all(all.map(async (pid) => [pid, await parentOf(pid)] as const)));
  const isFamily = (pid: number | undefined, depth = 0): boolean =>
    pid !== undefined && depth < 6 && (pids.includes(pid) || isFamily(parents.get(pid), depth + 1));
  const words = all
    .filter((pid) => isFamily(pid))
    .flatMap((pid) => ['cmdline', 'environ'].map((name) => `/proc/${pid}/${name}`));
  return Promise.all(words.map((file) => readFile(file, 'latin1').catch(() => '')));
}

async function parentOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
  return parent === undefined ? undefined : Number(parent);
}
