import type { SetupSpec } from '../../domain/setup/setup.ts';
import type { World } from '../../ports.ts';
import { standingSetups } from '../../workflows/setup/standing.ts';

/**
 * What the last set-up of a cluster that came to its end wanted; undefined for one that was never set up, or torn down
 * since.
 */
export async function lastSetup(
  world: Pick<World, 'requests'>,
  cluster: string,
): Promise<SetupSpec | undefined> {
  const setups = await standingSetups(world, cluster);
  return setups.find(({ state }) => state === 'done')?.spec;
}
