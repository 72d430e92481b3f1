import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RestartOnChange } from '../../sandbox/demo/restart-on-change.ts';

describe('the demo for developers', () => {
  let sources: string;
  let restarting: RestartOnChange | undefined;
  beforeEach(async () => {
    sources = await mkdtemp(join(tmpdir(), 'kastellan-restart-'));
    await mkdir(join(sources, 'slack'));
  });
  afterEach(async () => {
    await restarting?.stop();
    await rm(sources, { recursive: true, force: true });
  });

  /** Starts it with one start after the other; `told` resolves with each thing that happens, in order. */
  function watched(...starts: (() => void)[]) {
    const seen: string[] = [];
    const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
    const note = (what: string): void => {
      seen.push(what);
      for (const one of waiting) if (seen.length >= one.count) one.resolve();
    };
    const start = async () => {
      note('start');
      starts.shift()?.();
      return { stop: async () => note('stop') };
    };
    restarting = new RestartOnChange(sources, start, note);
    return async (count: number): Promise<string[]> => {
      await new Promise<void>((resolve) => {
        waiting.push({ count, resolve });
        if (seen.length >= count) resolve();
      });
      await restarting?.settled();
      return seen;
    };
  }

  const change = (text: string): Promise<void> => writeFile(join(sources, 'slack', 'plan-card.ts'), text);

  it('stops Kastellan and starts it anew when a file in a folder of its sources changes', async () => {
    const told = watched();
    await told(1);
    await change('a word');
    expect(await told(4)).toEqual([
      'start',
      'The sources changed: Kastellan is started anew.',
      'stop',
      'start',
    ]);
  });

  it('says what broke the start, and tries again at the next change', async () => {
    const told = watched(
      () => undefined,
      () => {
        throw new Error('Unexpected token');
      },
    );
    await told(1);
    await change('a mistake');
    expect((await told(5)).slice(2)).toEqual(['stop', 'start', 'Unexpected token']);
    await change('mended');
    expect((await told(7)).slice(5)).toEqual(['The sources changed: Kastellan is started anew.', 'start']);
  });
});
