import type { MembershipContext } from '../../domain/access/grant.ts';
import type { World } from '../../ports/world.ts';

/** What there is around the membership of a person in a group, by object IDs. */
export async function loadMembershipContext(
  world: Pick<World, 'grants' | 'rosters' | 'clock'>,
  groupId: string,
  personId: string,
  except?: string,
): Promise<MembershipContext> {
  const [grants, roster] = await Promise.all([
    world.grants.ofMembership(groupId, personId),
    world.rosters.find(groupId),
  ]);
  return {
    others: grants.filter(({ id }) => id !== except),
    belongs: roster?.has(personId) === true,
    now: world.clock.now(),
  };
}
