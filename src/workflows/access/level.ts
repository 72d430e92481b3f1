import type { Grant } from '../../domain/access/grant.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { AccessRule, Policy } from '../../domain/requests/rules.ts';
import { parseDashboardUrl } from '../../domain/setup/dashboard-url.ts';
import type { Directory, DirectoryGroup } from '../../ports/directory.ts';
import type { RequestStore } from '../../ports/stores.ts';
import { wasTornDown } from '../setup/active-setups.ts';
import { findChosenOrMade, findMadeGroup } from '../setup/find-made-group.ts';
import { lastSetup } from '../setup/last-setup.ts';

export interface LevelLookups {
  readonly directory: Directory;
  readonly requests: RequestStore;
}

/**
 * The group behind an access level of a cluster: the one that was chosen at the last set-up, or the one set-up made, which
 * is also found if that set-up is no longer stored.
 */
export async function findLevelGroup(
  { directory, requests }: LevelLookups,
  cluster: string,
  level: string,
): Promise<DirectoryGroup | undefined> {
  const setup = await lastSetup({ requests }, cluster, level);
  // The tear-down may have left its group, but the group gives no access any more.
  if (setup === undefined && (await wasTornDown({ requests }, cluster))) return undefined;
  const group = setup?.levels.find((candidate) => candidate.level === level)?.group;
  return group === undefined
    ? findMadeGroup(directory, cluster, level)
    : findChosenOrMade(directory, cluster, { level, group });
}

/** Where people sign in to a cluster's K10, where the last set-up or the configuration tells. */
export async function findDashboard(
  world: Pick<LevelLookups, 'requests'> & { readonly rules: Policy },
  cluster: string,
  level: string,
): Promise<Grant['dashboard'] | undefined> {
  const setup = await lastSetup(world, cluster, level);
  if (setup !== undefined) {
    const { origin, release, path } = setup;
    return { origin, release, ...(path !== undefined && { path }) };
  }
  const configured = world.rules.clusters.find(({ name }) => name === cluster);
  if (configured?.dashboardUrl === undefined) return undefined;
  const read = parseDashboardUrl(configured.dashboardUrl, configured.release);
  return read.ok ? read.dashboard : undefined;
}

/**
 * The level as it is configured.
 * @throws KastellanError `access.level-unknown`
 */
export function requireLevel(rules: Policy, level: string): { description: string; access: AccessRule } {
  const found = rules.accessLevels.find(({ name }) => name === level);
  if (found !== undefined) return found;
  throw new KastellanError({
    code: 'access.level-unknown',
    message: `The access level ${level} is not in the configuration any more.`,
    hint: 'Ask for another level, or let an operator put it back.',
  });
}
