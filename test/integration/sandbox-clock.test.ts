import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SandboxClock } from '../../sandbox/clock.ts';
import { Walk } from '../support/walk.ts';

const DAY_MS = 86_400_000;
let walk: Walk;

beforeAll(async () => {
  walk = await Walk.start({ k10: 'none' });
});

afterAll(async () => {
  await walk.close();
});

const lastLogged = async (): Promise<number> => {
  const [last = '{}'] = (await walk.log()).trim().split('\n').slice(-1);
  return Date.parse((JSON.parse(last) as { time: string }).time);
};

test('a running Kastellan and its Entra jump with the clock of the sandbox, and one that starts later begins there', async () => {
  walk.sandbox.clock.moveOn(30 * DAY_MS);
  expect(walk.sandbox.entra.knobs.clockOffsetMs).toBe(30 * DAY_MS);
  await walk.stopProcesses();
  expect(await lastLogged()).toBeGreaterThan(Date.now() + 29 * DAY_MS);

  await walk.startProcesses();
  expect(await lastLogged()).toBeGreaterThan(Date.now() + 29 * DAY_MS);
  walk.sandbox.clock.moveOn(-31 * DAY_MS);
  await walk.stopProcesses();
  expect(await lastLogged()).toBeLessThan(Date.now());
});

test('a date in moved time is a date like any other', async () => {
  const clock = new SandboxClock(join(walk.home, 'another-clock'));
  clock.moveOn(DAY_MS);
  const preload = new URL('../../sandbox/clock-preload.ts', import.meta.url);
  preload.searchParams.set('file', clock.file);
  const script = `
    class Later extends Date {}
    const now = new Date();
    console.log(JSON.stringify({
      moved: Math.round((now.getTime() - performance.timeOrigin) / ${DAY_MS}),
      given: [new Date(0).toISOString(), new Date(2026, 0, 1).getFullYear(), new Date('2026-11-24').getTime()],
      kinds: [now instanceof Date, now.constructor === Date, util.types.isDate(now), typeof Date()],
      below: [new Later() instanceof Later, new Later() instanceof Date, new Later(5).getTime()],
      text: Math.round((Date.parse(Date()) - performance.timeOrigin) / ${DAY_MS}),
      copy: structuredClone(now).getTime() === now.getTime(),
    }));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    '--import',
    preload.href,
    '-e',
    script,
  ]);
  expect(JSON.parse(stdout)).toEqual({
    moved: 1,
    given: ['1970-01-01T00:00:00.000Z', 2026, Date.UTC(2026, 10, 24)],
    kinds: [true, true, true, 'string'],
    below: [true, true, 5],
    text: 1,
    copy: true,
  });
});
