import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { load } from 'js-yaml';
import type { ChartPackage } from './chart-packages.ts';

/**
 * Reads a packed chart of K10 that somebody has, such as the real one, and asks Helm what it is.
 * @param path of a .tgz
 * @throws Error if it is no chart, or another one than K10's
 */
export async function readGivenChart(helm: string, path: string): Promise<ChartPackage> {
  const show = async (what: 'chart' | 'values') => {
    const env = { HOME: '/nonexistent', PATH: '/usr/bin:/bin' };
    return (await execa(helm, ['show', what, path], { env, extendEnv: false })).stdout;
  };
  const { name, version } = load(await show('chart')) as { name: string; version: string };
  if (name !== 'k10') throw new Error(`${path} is the chart ${name}, not K10's`);
  const takesReference = /^ +clientSecretName:/m.test(await show('values'));
  return { version, archive: await readFile(path), takesReference };
}
