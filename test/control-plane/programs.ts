import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { buildPrograms } from './build.ts';

/** What a control plane consists of; kwok stands in for nodes. */
const PROGRAMS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;

export type Program = (typeof PROGRAMS)[number];

/** Where each program is. */
export type Programs = Readonly<Record<Program, string>>;

/**
 * The programs of a control plane: those in KUBEBUILDER_ASSETS or PATH if all of them are there, because parts of
 * different releases do not go together; otherwise built from their source, once.
 * @throws Error when they must be built and cannot be
 */
export async function findPrograms(): Promise<Programs> {
  const folders = [process.env['KUBEBUILDER_ASSETS'], ...(process.env['PATH'] ?? '').split(delimiter)];
  const found = await Promise.all(PROGRAMS.map((name) => findIn(folders, name)));
  const missing = found.some((path) => path === undefined);
  const folder = missing ? await buildPrograms(PROGRAMS) : '';
  const entries = PROGRAMS.map((name, index) => [name, missing ? join(folder, name) : found[index]]);
  return Object.fromEntries(entries) as Programs;
}

async function findIn(folders: readonly (string | undefined)[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    if (!folder) continue;
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
