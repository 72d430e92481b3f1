import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Command line and environment of every child of this process, NUL bytes as spaces. */
export async function childProcesses(): Promise<{ commandLine: string; environment: string }[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map(readChild));
  return found.filter((child) => child !== undefined);
}

async function readChild(id: string) {
  const read = async (name: string) =>
    (await readFile(join('/proc', id, name), 'latin1')).replaceAll('\0', ' ');
  try {
    const parent = /^PPid:\s+(\d+)/m.exec(await read('status'))?.[1];
    if (parent !== String(process.pid)) return undefined;
    return { commandLine: await read('cmdline'), environment: await read('environ') };
  } catch {
    return undefined;
  }
}

/** The text of every file below a folder. */
export async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
}
