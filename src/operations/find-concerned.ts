import { approvalRule } from '../domain/policy.ts';
import type { World } from '../ports.ts';
import { membersOfAny } from './approvers.ts';

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
  // Many requests are decided by the same people.
  const rules = new Map(
    requests.map((request) => {
      const { approvers } = approvalRule(world.rules, request);
      return [JSON.stringify(approvers), approvers];
    }),
  );
  const deciding = await Promise.allSettled(
    [...rules.values()].map((approvers) => membersOfAny(world.people, approvers)),
  );
  return new Set([
    ...own,
    ...deciding.flatMap((read) => (read.status === 'fulfilled' ? [...read.value] : [])),
  ]);
}
