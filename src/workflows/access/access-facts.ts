import type { RequestOf } from '../../domain/requests/request.ts';
import type { AccessFacts } from '../../ports/messenger.ts';
import type { World } from '../../ports/world.ts';

const LOOKBACK_MS = 30 * 24 * 3_600_000;

type FactsWorld = Pick<World, 'rules' | 'grants' | 'requests' | 'discoveries' | 'clock'>;

/** What is known of a request for access besides the request: what it would let them do, what they hold, how often they asked. */
export async function accessFacts(world: FactsWorld, request: RequestOf<'access'>): Promise<AccessFacts> {
  const { cluster, spec } = request;
  const since = new Date(world.clock.now().getTime() - LOOKBACK_MS);
  const [grants, recentRequests, sessionMs] = await Promise.all([
    world.grants.liveOfPerson(spec.beneficiary),
    world.requests.countAccessFor(spec.beneficiary, since),
    world.discoveries.findSession(cluster),
  ]);
  const level = world.rules.accessLevels.find(({ name }) => name === spec.level);
  return {
    description: level?.description ?? 'what a level lets them do that is not in the configuration any more',
    holds: grants.filter(({ id }) => id !== request.id),
    recentRequests,
    ...(sessionMs !== undefined && { sessionMs }),
  };
}
