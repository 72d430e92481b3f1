import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startKastellan } from '../../sandbox/kastellan.ts';
import { type Sandbox, startSandbox } from '../../sandbox/world.ts';

// A fault of ours, made from outside: on this signal an error is thrown that quotes a secret.
const throwing = (statement: string): string =>
  `data:text/javascript,${encodeURIComponent(
    `process.once('SIGUSR2', () => { const error = new Error('broken by ' + process.env.SLACK_BOT_TOKEN); ${statement}; })`,
  )}`;

describe('an error that no code handled', () => {
  let home: string;
  let sandbox: Sandbox;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'kastellan-unhandled-'));
    sandbox = await startSandbox({ home, k10: 'none' });
  });
  afterAll(async () => {
    await sandbox?.close();
    await rm(home, { recursive: true, force: true });
  });

  it.each([
    ['thrown', 'throw error'],
    ['in a promise', 'Promise.reject(error)'],
  ])('ends Kastellan in order, and its log quotes no secret: %s', async (what, statement) => {
    const logFile = join(home, `${what}.log`);
    const environment = { ...sandbox.environment, NODE_OPTIONS: `--import=${throwing(statement)}` };
    const kastellan = await startKastellan(environment, logFile, sandbox.clock);
    process.kill(kastellan.pid, 'SIGUSR2');
    await expect(kastellan.ended).resolves.toBe(1);
    const log = await readFile(logFile, 'utf8');
    expect(log).toContain('Kastellan is stopping');
    expect(log).toContain('Kastellan had to stop');
    expect(log).toContain('broken by ');
    expect(log).not.toContain(sandbox.environment['SLACK_BOT_TOKEN']);
  });
});
