import type { SetupSpec } from '../../domain/setup/setup.ts';
import type { World } from '../../ports/world.ts';
import { activeSetups } from './active-setups.ts';

/**
 * What the last set-up of a cluster that came to its end wanted; undefined for one that was never set up, or torn down
 * since.
 */
export async function lastSetup(
  world: Pick<World, 'requests'>,
  cluster: string,
): Promise<SetupSpec | undefined> {
  const setups = await activeSetups(world, cluster);
  return setups.find(({ state }) => state === 'done')?.spec;
}
