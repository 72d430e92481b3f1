import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';
import { chartVersions, packCharts } from '../../sandbox/k10/chart-packages.ts';
import { helmBinary } from '../../sandbox/tools/helm.ts';

const TOUR = fileURLToPath(new URL('../../sandbox/tour.ts', import.meta.url));

/** Walks the tour; gives its transcript. */
async function expectEveryProof(env: Record<string, string> = {}): Promise<string> {
  const { exitCode, all } = await execa(process.execPath, ['--no-warnings', TOUR], {
    all: true,
    reject: false,
    env,
  });
  // Compared as one, so that the transcript is shown when it went wrong.
  const verdict = all.trimEnd().split('\n').at(-1);
  expect({ exitCode, verdict, transcript: exitCode === 0 ? '' : all }).toEqual({
    exitCode: 0,
    verdict: expect.stringMatching(/^[1-9]\d* proofs held, 0 failed$/),
    transcript: '',
  });
  return all;
}

it('the tour walks from a bare K10 to the sign-in, and every proof in it holds', async () => {
  expect(await expectEveryProof()).not.toContain('stand-in');
});

it('the tour takes K10 from a chart archive that somebody has, and says what is still a stand-in', async () => {
  const wanted = chartVersions.newer;
  const folder = await mkdtemp(join(tmpdir(), 'given-chart-'));
  try {
    const charts = await packCharts(await helmBinary(4));
    const archive = join(folder, 'somebodys.tgz');
    await writeFile(archive, charts.find(({ version }) => version === wanted)?.archive ?? '');
    const all = await expectEveryProof({ K10_CHART: archive });
    expect(all).toContain(`K10 ${wanted}, from ${archive}`);
    expect(all).toMatch(/Still a stand-in are K10's services/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
