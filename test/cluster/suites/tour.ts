import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type KastellanProcess, startKastellan } from '../../../sandbox/kastellan.ts';
import { trustAuthority } from '../../../sandbox/tls/certificate-authority.ts';
import { Transcript } from '../../../sandbox/tour/transcript.ts';
import { walkTour } from '../../../sandbox/tour/walk-tour.ts';
import { type SandboxOptions, startSandboxOn, type World } from '../../../sandbox/world.ts';
import { findPrograms } from '../../control-plane/programs.ts';
import { type ControlPlane, startControlPlane } from '../../control-plane/start.ts';

// Building them, the first time, takes longer than any test may: the time of loading this file is nobody's.
await findPrograms();

interface Tour {
  readonly helm: 3 | 4;
  /** How Kastellan gets its rights, in words that follow the name of the suite. */
  readonly rights?: string;
  /** What differs from the usual sandbox; told the folder in which kubeconfigs are. */
  sandbox?(home: string): Partial<SandboxOptions>;
}

/** The whole walk of `make tour` with this Helm, on a real control plane. */
export function describeTour({ helm, rights = '', sandbox = () => ({}) }: Tour): void {
  describe(`The tour on a real control plane with Helm ${helm}${rights}`, () => {
    let plane: ControlPlane;
    let home: string;
    let world: World;
    let kastellan: KastellanProcess;
    const lines: string[] = [];
    const script = new Transcript((line) => lines.push(line));

    beforeAll(async () => {
      plane = await startControlPlane();
      home = await mkdtemp(join(tmpdir(), 'kastellan-real-tour-'));
      world = await startSandboxOn(plane, { home, helm, secretAcceptedAfterMs: 500, ...sandbox(home) });
      trustAuthority(world.authority);
      kastellan = await startKastellan(world.environment, join(home, 'kastellan.log'), world.clock);
    });

    afterAll(async () => {
      await kastellan?.stop();
      await world?.close();
      await plane?.close();
      await rm(home, { recursive: true, force: true });
    });

    it('holds every proof, from wrong input to a K10 as it was before', async () => {
      const told = () => lines.join('\n');
      await walkTour(world, script).catch((thrown: unknown) => {
        throw new Error(`The tour broke off:\n${told()}`, { cause: thrown });
      });
      expect(script.failed === 0 ? 'every proof held' : told()).toBe('every proof held');
      expect(script.held).toBeGreaterThan(20);
    });
  });
}
