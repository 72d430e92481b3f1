import { plannedMember } from '../../domain/access/access-plan.ts';
import { membershipBefore } from '../../domain/access/grant.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { EntraPerson } from '../../domain/person.ts';
import { atEndOf } from '../../domain/requests/policy.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import type { GroupUse } from '../../domain/setup/group-use.ts';
import type { DirectoryGroup } from '../../ports/directory.ts';
import type { World } from '../../ports/world.ts';
import { otherUses } from '../setup/group-uses.ts';
import { resolvePerson } from '../setup/people.ts';
import { findLevelGroup } from './level.ts';
import { loadMembershipContext } from './membership-context.ts';

type Ports = Pick<
  World,
  'rules' | 'directory' | 'people' | 'requests' | 'grants' | 'links' | 'rosters' | 'clock'
>;

export interface ObservedMembership {
  readonly person: EntraPerson;
  readonly group: DirectoryGroup;
  /** Where else the group lets them in. */
  readonly alsoOn: readonly GroupUse[];
}

/**
 * Who would be put into which group; changes nothing.
 * @throws KastellanError `person.unfit`, `access.not-set-up`, `access.group-unfit`, `access.held-already`,
 *   `access.not-eligible`
 */
export async function observeMembership(
  world: Ports,
  request: RequestOf<'access'>,
): Promise<ObservedMembership> {
  const { cluster, spec } = request;
  const [person, group] = await Promise.all([
    findBeneficiary(world, request),
    findLevelGroup(world, cluster, spec.level),
  ]);
  if (group === undefined) throw notSetUp(cluster, spec.level);
  if (atEndOf(world.rules, spec.level) === 'binding') {
    await requireMember(world, person, group);
  } else {
    if (group.fixedBecause !== undefined) throw unfit(group);
    // Later it is no obstacle: a membership given by hand in between counts as one that was there before.
    if (request.state === 'planning') await refuseWhatIsHeld(world, person, group);
  }
  return { person, group, alsoOn: await otherUses(world, { cluster, level: spec.level }, group) };
}

// Once approved it is about the very account that was approved: who it belongs to was asked of Slack when that was planned,
// and Slack answers a hundred such questions a minute.
async function findBeneficiary(
  world: Pick<World, 'directory' | 'people' | 'links'>,
  request: RequestOf<'access'>,
): Promise<EntraPerson> {
  const approved = request.state === 'planning' ? undefined : plannedMember(request.plan);
  if (approved === undefined) return resolvePerson(world, request.spec.beneficiary);
  const person = await world.directory.findPerson(approved);
  if (person?.enabled === true) return person;
  throw new KastellanError({
    code: 'person.unfit',
    message:
      person === undefined
        ? 'The Entra account that was approved is gone.'
        : `${person.name}'s Entra account is disabled.`,
    hint: 'Nothing was given. Ask anew when the account is there and enabled.',
  });
}

// Where only the binding comes and goes, the group is a list of those who may have it, and somebody else keeps that list.
async function requireMember(
  world: Pick<World, 'directory'>,
  person: EntraPerson,
  group: DirectoryGroup,
): Promise<void> {
  if ((await world.directory.listMembers(group.objectId)).includes(person.objectId)) return;
  throw new KastellanError({
    code: 'access.not-eligible',
    message: `${person.name} is not in ${group.displayName}, whose members alone may be given this level for a time.`,
    hint: 'Who keeps that group in Entra can add them; then ask again.',
  });
}

async function refuseWhatIsHeld(
  world: Pick<World, 'directory' | 'grants' | 'rosters' | 'clock'>,
  person: EntraPerson,
  group: DirectoryGroup,
): Promise<void> {
  const [members, context] = await Promise.all([
    world.directory.listMembers(group.objectId),
    loadMembershipContext(world, group.objectId, person.objectId),
  ]);
  const isMember = members.includes(person.objectId);
  if (membershipBefore(isMember, context) === 'absent') return;
  throw new KastellanError({
    code: 'access.held-already',
    message: `${person.name} is in ${group.displayName} already, without an end that Kastellan keeps.`,
    hint: 'Nothing needs to be asked for: sign in to Kasten. If that does not work, sign out there and in again.',
  });
}

function notSetUp(cluster: string, level: string): KastellanError {
  return new KastellanError({
    code: 'access.not-set-up',
    message: `The access level ${level} is not set up on ${cluster}: there is no group behind it in Entra.`,
    hint: 'Let somebody run /kasten setup for this cluster first, with this level.',
  });
}

function unfit({ displayName, fixedBecause }: DirectoryGroup): KastellanError {
  return new KastellanError({
    code: 'access.group-unfit',
    message: `Kastellan cannot put anybody into ${displayName}: ${fixedBecause}.`,
    hint: 'Choose another group for this level with /kasten setup.',
  });
}
