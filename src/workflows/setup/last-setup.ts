import type { SetupSpec } from '../../domain/setup/setup.ts';
import type { World } from '../../ports/world.ts';
import { activeSetups } from './active-setups.ts';

/**
 * What the last set-up of a cluster that came to its end wanted; undefined for one that was never set up, or torn down
 * since.
 * @param level only a set-up that had this access level counts
 */
export async function lastSetup(
  world: Pick<World, 'requests'>,
  cluster: string,
  level?: string,
): Promise<SetupSpec | undefined> {
  const setups = await activeSetups(world, cluster);
  const hasLevel = ({ levels }: SetupSpec) =>
    level === undefined || levels.some((each) => each.level === level);
  return setups.find(({ state, spec }) => state === 'done' && hasLevel(spec))?.spec;
}
