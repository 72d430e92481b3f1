import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { execa } from 'execa';

const TOUR = fileURLToPath(new URL('../../sandbox/tour.ts', import.meta.url));

it('the tour walks from a bare K10 to the sign-in, and every proof in it holds', async () => {
  const { exitCode, all } = await execa(process.execPath, ['--no-warnings', TOUR], {
    all: true,
    reject: false,
  });
  // Compared as one, so that the transcript is shown when it went wrong.
  const verdict = all.trimEnd().split('\n').at(-1);
  expect({ exitCode, verdict, transcript: exitCode === 0 ? '' : all }).toEqual({
    exitCode: 0,
    verdict: expect.stringMatching(/^[1-9]\d* proofs held, 0 failed$/),
    transcript: '',
  });
}, 600_000);
