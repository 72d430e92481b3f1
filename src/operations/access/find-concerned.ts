import type { World } from '../../ports/world.ts';
import { approversByRule } from '../../workflows/requests/approvers.ts';

/**
 * Slack user ids of those who see something else at home once these requests, or what they gave, have changed: who asked,
 * who is given it, and who decides. What is not known any more concerns nobody.
 */
export async function findConcerned(
  world: Pick<World, 'requests' | 'people' | 'rules'>,
  requestIds: readonly string[],
): Promise<Set<string>> {
  const found = await Promise.all(requestIds.map((id) => world.requests.find(id)));
  const requests = found.filter((request) => request !== undefined);
  const own = requests.flatMap((request) =>
    request.kind === 'access' ? [request.asker, request.spec.beneficiary] : [request.asker],
  );
  const deciding = await Promise.allSettled(requests.map(approversByRule(world)));
  return new Set([
    ...own,
    ...deciding.flatMap((read) => (read.status === 'fulfilled' ? [...read.value] : [])),
  ]);
}
