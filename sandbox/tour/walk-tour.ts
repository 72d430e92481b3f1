import type { World } from '../world.ts';
import { openEyes } from './cluster-eyes.ts';
import { lookAround } from './surroundings.ts';
import type { Transcript } from './transcript.ts';
import { walkSetup } from './walk.ts';
import { walkAccess } from './walk-access.ts';
import { walkRotation } from './walk-rotation.ts';
import { walkTeardown } from './walk-teardown.ts';

/**
 * The whole tour, from a bare K10 to a bare K10.
 * @param sandbox its Kastellan lives in the sandbox's time
 */
export async function walkTour(sandbox: World, script: Transcript): Promise<void> {
  const bare = await lookAround(sandbox, openEyes(sandbox.clusters[0].kubeconfig));
  await walkSetup(sandbox, script);
  await walkRotation(sandbox, script);
  await walkAccess(sandbox, script);
  await walkTeardown(sandbox, script, bare);
}
