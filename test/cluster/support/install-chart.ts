import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { helmBinary } from '../../../sandbox/tools/helm.ts';
import { CHART, MINIMAL } from '../../support/chart.ts';

/** Installs Kastellan's chart as `kastellan` in a namespace of that name, with these values on top of the least. */
export async function installChart(kubeconfig: string, values: object): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'kastellan-chart-'));
  const where = ['--kubeconfig', kubeconfig, '--namespace', 'kastellan', '--create-namespace'];
  try {
    await execa(await helmBinary(4), ['install', 'kastellan', CHART, ...where, '--values', '-'], {
      input: JSON.stringify({ ...MINIMAL, ...values }),
      env: { HOME: home },
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
