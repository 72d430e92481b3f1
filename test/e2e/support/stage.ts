import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { CAST } from '../../../sandbox/cast.ts';
import { type KastellanProcess, startKastellan } from '../../../sandbox/kastellan.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/world.ts';
import { launchChromium, newVisitor } from './chromium.ts';
import { SlackPage } from './slack-page.ts';

/** A sandbox, Kastellan in it, and somebody who asks before the page of its Slack. */
export interface Stage {
  readonly sandbox: Sandbox;
  readonly slack: SlackPage;
  close(): Promise<void>;
}

/** @param prepare changes the sandbox before Kastellan starts */
export async function openStage(
  options: Omit<SandboxOptions, 'home'>,
  prepare: (sandbox: Sandbox) => void = () => undefined,
): Promise<Stage> {
  const home = await mkdtemp(join(tmpdir(), 'kastellan-browser-'));
  let sandbox: Sandbox | undefined;
  let kastellan: KastellanProcess | undefined;
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await kastellan?.stop();
    await sandbox?.close();
    await rm(home, { recursive: true });
  };
  try {
    sandbox = await startSandbox({ ...options, home });
    prepare(sandbox);
    kastellan = await startKastellan(sandbox.environment, join(home, 'kastellan.log'));
    browser = await launchChromium();
    const slack = await SlackPage.open(await newVisitor(browser), sandbox.slack.url, CAST.asker);
    return { sandbox, slack, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
