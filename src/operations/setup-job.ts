import { atEndOf, mayShare } from '../domain/policy.ts';
import type { Request } from '../domain/request.ts';
import type { SetupSpec } from '../domain/setup.ts';
import type { World } from '../ports.ts';
import { otherUses } from '../workflows/group-uses.ts';
import type { SetupJob } from '../workflows/setup/systems.ts';

/**
 * A request's work with the systems of its cluster.
 * @throws KastellanError `cluster.unknown`
 */
export function setupJob(
  world: World,
  request: Pick<Request, 'id' | 'cluster' | 'plan'> & { readonly spec: SetupSpec },
): SetupJob {
  const { cluster, releases } = world.openCluster(request.cluster);
  const { directory, signIn, people, links, rosters, grants, clock } = world;
  return {
    request,
    spec: request.spec,
    atEnd: (level) => atEndOf(world.rules, level),
    ...sharingOf(world, request.cluster),
    systems: {
      directory,
      signIn,
      people,
      links,
      rosters,
      grants,
      clock,
      cluster,
      releases,
      upgradeTimeout: world.rules.setup.upgradeTimeout,
    },
  };
}

/** What a cluster's levels have to know of other clusters' groups; it takes no look at any cluster. */
export function sharingOf(world: World, cluster: string): Pick<SetupJob, 'otherUses' | 'mayShare'> {
  return {
    otherUses: (level, group) => otherUses(world, { cluster, level }, group),
    mayShare: (level, others) => mayShare(world.rules, level, others),
  };
}
