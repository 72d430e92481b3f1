import { atEndOf, mayShare, otherChangesRule } from '../../domain/requests/policy.ts';
import type { Request } from '../../domain/requests/request.ts';
import { configurationDifferences, lifetimeDifferences } from '../../domain/setup/configured.ts';
import type { ClusterSetup, SetupSpec } from '../../domain/setup/setup.ts';
import type { World } from '../../ports/world.ts';
import { otherUses } from './group-uses.ts';
import type { SetupJob } from './systems.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'directory'
  | 'signIn'
  | 'openCluster'
  | 'people'
  | 'requests'
  | 'grants'
  | 'links'
  | 'rosters'
  | 'clock'
>;

/**
 * A request's work with the systems of its cluster.
 * @throws KastellanError `cluster.unknown`
 */
export function setupJob(
  world: Ports,
  request: Pick<Request, 'id' | 'cluster' | 'plan' | 'batch'> & { readonly spec: SetupSpec },
): SetupJob {
  const { cluster, releases } = world.openCluster(request.cluster);
  const { directory, signIn, people, links, rosters, grants, clock } = world;
  return {
    request,
    spec: request.spec,
    hasConfiguredAddress: hasConfiguredAddress(world, request.cluster),
    differences: configurationDifferences(world.rules, request.cluster, request.spec),
    lifetimeDifferences: lifetimeDifferences(world.rules, request.spec),
    atEnd: (level) => atEndOf(world.rules, level),
    ...sharingOf(world, request.cluster, () => batchSetups(world, request.batch)),
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
      otherChanges: otherChangesRule(world.rules, request.cluster),
    },
  };
}

function hasConfiguredAddress({ rules }: Pick<World, 'rules'>, cluster: string): boolean {
  return rules.clusters.find(({ name }) => name === cluster)?.dashboardUrl !== undefined;
}

/**
 * What a cluster's levels have to know of other clusters' groups; it takes no look at any cluster.
 * @param together what is set up in the same request: its groups count as if that were done
 */
export function sharingOf(
  world: Pick<World, 'rules' | 'requests'>,
  cluster: string,
  together: () => Promise<readonly ClusterSetup[]>,
): Pick<SetupJob, 'otherUses' | 'mayShare'> {
  return {
    otherUses: async (level, group) => otherUses(world, { cluster, level }, group, await together()),
    mayShare: (level, others) => mayShare(world.rules, level, others),
  };
}

async function batchSetups(
  world: Pick<World, 'requests'>,
  batchId: string | undefined,
): Promise<readonly ClusterSetup[]> {
  const batch = batchId === undefined ? undefined : await world.requests.find(batchId);
  return batch?.kind === 'batch' ? batch.spec.parts : [];
}
