import { startSandboxOn } from '../../sandbox/world.ts';
import { findPrograms } from '../control-plane/programs.ts';
import { startControlPlane } from '../control-plane/start.ts';
import { Walk } from '../support/walk.ts';
import { describeRights } from './suites/rights.ts';

// Building them, the first time, takes longer than any test may: the time of loading this file is nobody's.
await findPrograms();

describeRights('A real control plane', () =>
  Walk.startIn(async (home) => {
    const plane = await startControlPlane();
    const world = await startSandboxOn(plane, { home });
    return {
      ...world,
      async close() {
        await world.close();
        await plane.close();
      },
    };
  }),
);
