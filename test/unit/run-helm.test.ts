import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRunHelm } from '../../src/adapters/helm/run-helm.ts';

// Says that it was begun, and ends when it is let go or the test is over.
const PROGRAM = `#!/bin/sh
: > "$PLACE/begun-$1-$$"
until [ -e "$PLACE/go" ] || [ ! -d "$PLACE" ]; do sleep 0.02; done
`;

describe('Helm, of many clusters at once', () => {
  let place: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'run-helm-'));
    await writeFile(join(place, 'helm'), PROGRAM, { mode: 0o755 });
    await writeFile(join(place, 'kubeconfig'), '');
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  const helmOf = (cluster: string) =>
    createRunHelm({
      helm: join(place, 'helm'),
      access: { kubeconfigPath: join(place, 'kubeconfig') },
      namespace: 'kasten-io',
      cacheDir: join(place, cluster),
      environment: { PLACE: place, PATH: process.env['PATH'] ?? '' },
    });

  async function begun(verb: string, atLeast: number): Promise<string[]> {
    for (;;) {
      const found = (await readdir(place)).filter((name) => name.startsWith(`begun-${verb}-`));
      if (found.length >= atLeast) return found;
      await pause(10);
    }
  }

  it('reads for four of them at a time, and lets one that changes something wait for nobody', async () => {
    const reads = Array.from({ length: 12 }, (_, index) =>
      helmOf(`c${index}`)(['get'], { timeoutMs: 60_000 }),
    );
    await begun('get', 4);
    const change = helmOf('c0')(['upgrade'], { timeoutMs: 60_000, changes: true });
    await begun('upgrade', 1);
    expect(await begun('get', 4)).toHaveLength(4);

    await writeFile(join(place, 'go'), '');
    const ends = await Promise.all([...reads, change]);
    expect(ends.map(({ ended }) => ended)).toEqual(ends.map(() => 'good'));
    expect(await begun('get', 12)).toHaveLength(12);
  });
});
