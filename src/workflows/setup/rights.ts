import { asKastellanError } from '../../domain/errors.ts';
import {
  mergeReviews,
  type RightsReview,
  rightsObstacles,
  verbsOfUpgrade,
} from '../../domain/setup/rights-review.ts';
import type { Obstacle } from '../../domain/setup/setup.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Releases } from '../../ports/releases.ts';
import { requireNoObstacle } from './obstacles.ts';

interface Systems {
  readonly cluster: Pick<Cluster, 'reviewRights' | 'findReleaseManager'>;
  readonly releases: Pick<Releases, 'manifest' | 'reviewRights'>;
}

const REFUSALS = new Set(['kubernetes.forbidden', 'helm.forbidden']);

/**
 * Waits for an observation, and asks beside it which rights the accounts lack. An observation that was itself refused for want
 * of a right is told together with all the others that are lacking.
 * @returns the observation, and what the lacking rights stand in the way of
 */
export async function besideRights<Seen>(
  systems: Systems,
  observation: Promise<Seen>,
): Promise<[seen: Seen, lacking: Obstacle[]]> {
  const [seen, lacking] = await Promise.allSettled([observation, findRightsObstacles(systems)]);
  if (seen.status === 'rejected') {
    const isRefusal = REFUSALS.has(asKastellanError(seen.reason).code);
    if (isRefusal && lacking.status === 'fulfilled') requireNoObstacle(lacking.value);
    // To name one right of many would have people come back for each.
    if (isRefusal && lacking.status === 'rejected' && mayPass(lacking.reason)) throw lacking.reason;
    throw seen.reason;
  }
  if (lacking.status === 'rejected') throw lacking.reason;
  return [seen.value, lacking.value];
}

function mayPass(thrown: unknown): boolean {
  return asKastellanError(thrown).retry.when !== 'never';
}

/** What the accounts of Kastellan and of Helm lack, all of it; Helm's does not matter if it does not upgrade the release. */
async function findRightsObstacles({ cluster, releases }: Systems): Promise<Obstacle[]> {
  const [own, upgrade] = await Promise.all([
    cluster.reviewRights(),
    unlessRefused(cluster.findReleaseManager(), undefined).then((managedBy) =>
      managedBy === undefined ? reviewUpgrade(releases).then((review) => [review]) : [],
    ),
  ]);
  return mergeReviews([own, ...upgrade]).flatMap(rightsObstacles);
}

/** What Helm's account lacks to upgrade every object of the release. */
export async function findUpgradeObstacles(releases: Systems['releases']): Promise<Obstacle[]> {
  return rightsObstacles(await reviewUpgrade(releases));
}

async function reviewUpgrade(releases: Systems['releases']): Promise<RightsReview> {
  const objects = await unlessRefused(releases.manifest(), []);
  return releases.reviewRights(verbsOfUpgrade(objects, objects));
}

// What cannot be read because a right is missing is in the review itself, and a missing release is reported by the observation.
async function unlessRefused<Read, Instead>(read: Promise<Read>, instead: Instead): Promise<Read | Instead> {
  try {
    return await read;
  } catch (thrown) {
    const { code } = asKastellanError(thrown);
    if (REFUSALS.has(code) || code === 'helm.release-missing') return instead;
    throw thrown;
  }
}
