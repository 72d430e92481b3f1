import { describe, expect, it } from '@jest/globals';
import pLimit from 'p-limit';
import { type HelmResult, limitedHelm, type RunHelm } from '../../src/adapters/helm/run-helm.ts';

const GOOD: HelmResult = { ended: 'good', output: '', problem: '' };

/** Helms that run until they are told to end. */
function heldHelms() {
  const running = new Set<string>();
  const ends = new Map<string, () => void>();
  const run: RunHelm = ([name = '']) => {
    running.add(name);
    return new Promise((resolve) => {
      ends.set(name, () => {
        running.delete(name);
        resolve(GOOD);
      });
    });
  };
  return { run, running, end: (name: string) => ends.get(name)?.() };
}

describe('the Helms of a process', () => {
  it('wait for one another where they change nothing, and an upgrade waits for none of them', async () => {
    const helms = heldHelms();
    const run = limitedHelm(helms.run, pLimit(2));
    const first = run(['show-1'], { timeoutMs: 1 });
    const others = ['show-2', 'show-3'].map((name) => run([name], { timeoutMs: 1 }));
    void run(['upgrade'], { timeoutMs: 1, changes: true });
    await new Promise(setImmediate);
    expect([...helms.running].toSorted()).toEqual(['show-1', 'show-2', 'upgrade']);
    helms.end('show-1');
    await expect(first).resolves.toEqual(GOOD);
    await new Promise(setImmediate);
    expect([...helms.running].toSorted()).toEqual(['show-2', 'show-3', 'upgrade']);
    for (const name of ['show-2', 'show-3', 'upgrade']) helms.end(name);
    await Promise.all(others);
  });
});
