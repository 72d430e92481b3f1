import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { KastellanError, LATER } from '../../domain/errors.ts';

export interface FolderLock {
  /** What the holder before left, if there was one that did not end in order. */
  readonly leftBehind: { readonly port: number } | undefined;
  release(): Promise<void>;
}

const FILE = 'kastellan.lock';
const BEAT_MS = 5_000;
const SILENT_AFTER_MS = 30_000;

const noteSchema = z.object({
  instance: z.string(),
  host: z.string(),
  pid: z.int().positive(),
  port: z.int(),
});
type Note = z.infer<typeof noteSchema>;

// Process ids are not enough: after a container's restart the new process often has the old one's id.
const heldHere = new Set<string>();

/**
 * Makes this process the only one that uses a folder. The lock of a process that died is taken over: at once on the same
 * host, after 30 s of silence when another host (or container) wrote it.
 * @param folder an existing folder
 * @param port noted in the lock: where the holder's Redis listens
 * @throws KastellanError `embedded-redis.folder-in-use`
 */
export async function lockFolder(folder: string, port: number): Promise<FolderLock> {
  const path = join(folder, FILE);
  const note: Note = { instance: randomUUID(), host: hostname(), pid: process.pid, port };
  let leftBehind: FolderLock['leftBehind'];
  for (let attempt = 1; !(await create(path, note)); attempt += 1) {
    const holder = await read(path);
    if (attempt > 3 || (await isAlive(holder))) throw inUse(folder, path, holder.note);
    if (holder.note !== undefined) leftBehind = { port: holder.note.port };
    await removeStale(path, holder.text);
  }
  heldHere.add(note.instance);
  const beat = setInterval(
    () => void utimes(path, new Date(), new Date()).catch(() => undefined),
    BEAT_MS,
  ).unref();
  return {
    leftBehind,
    async release() {
      clearInterval(beat);
      heldHere.delete(note.instance);
      const holder = await read(path);
      if (holder.note?.instance === note.instance) await rm(path, { force: true });
    },
  };
}

async function create(path: string, note: Note): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(JSON.stringify(note));
    await file.close();
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

interface Holder {
  readonly text: string;
  readonly note: Note | undefined;
  /** Milliseconds since the last sign of life. */
  readonly silentMs: number;
}

async function read(path: string): Promise<Holder> {
  try {
    const [text, facts] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    return { text, note: parseNote(text), silentMs: Date.now() - facts.mtimeMs };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { text: '', note: undefined, silentMs: Number.POSITIVE_INFINITY };
    throw error;
  }
}

function parseNote(text: string): Note | undefined {
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function isAlive({ note, silentMs }: Holder): Promise<boolean> {
  if (note === undefined || note.host !== hostname()) return silentMs < SILENT_AFTER_MS;
  if (note.pid === process.pid) return heldHere.has(note.instance);
  return processExists(note.pid);
}

/** Whether a process with this id runs, also one of another user. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

// Two processes may find the same stale lock; a rename takes away only one file, and a wrong one is put back.
async function removeStale(path: string, seen: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, 'utf8')) === seen) await rm(aside);
    else await rename(aside, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

function inUse(folder: string, path: string, note: Note | undefined): KastellanError {
  const by =
    note === undefined ? 'another Kastellan' : `another Kastellan (process ${note.pid} on ${note.host})`;
  return new KastellanError({
    code: 'embedded-redis.folder-in-use',
    message: `The data folder ${folder} is in use by ${by}.`,
    hint: `Give each Kastellan its own data folder, or let all of them share one Redis with KASTELLAN_REDIS_URL. If that process is surely gone, delete ${path}.`,
    retry: LATER,
  });
}
