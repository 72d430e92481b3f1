import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SandboxClock } from '../../sandbox/clock.ts';
import { followTyped } from '../../sandbox/demo/time-knob.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kastellan-clock-'));
});
afterAll(() => rm(home, { recursive: true }));

it('time in the demo moves on by what is typed, and says what can be typed', async () => {
  const clock = new SandboxClock(join(home, 'clock'));
  const input = new PassThrough();
  const said: string[] = [];
  let heard: () => void = () => undefined;
  followTyped(clock, input, (line) => {
    said.push(line);
    heard();
  });
  const types = async (line: string): Promise<void> => {
    const answered = new Promise<void>((resolve) => {
      heard = resolve;
    });
    input.write(`${line}\n`);
    await answered;
  };
  await types('4d');
  await types(' 12 h ');
  await types('tomorrow');
  expect(clock.offsetMs).toBe(4.5 * 86_400_000);
  expect(said).toEqual([
    expect.stringMatching(/^It is .* now/),
    expect.stringMatching(/^It is .* now/),
    'Time moves on by 4d, 12h or 30m.',
  ]);
});
