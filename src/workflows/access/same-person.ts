import { asKastellanError } from '../../domain/errors.ts';
import type { EntraAccount } from '../../domain/person.ts';
import { newMembersOf } from '../../domain/requests/policy.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { World } from '../../ports/world.ts';

type Ports = Pick<World, 'directory' | 'people' | 'links' | 'grants'>;

/** One human, by all the accounts that are known to be theirs. */
export interface SamePerson {
  /** The one that was named comes first. */
  readonly slackUserIds: readonly string[];
  /** Object IDs in Entra. */
  readonly objectIds: ReadonlySet<string>;
  /** Why there may be more accounts: Entra or Slack did not tell; a plain sentence. */
  readonly problem?: string;
}

/**
 * Who a Slack person is: their Entra accounts, also those by which they hold something now, and the Slack accounts that
 * belong to one of these. What Entra or Slack does not tell is left out, and said.
 */
export async function findSamePerson(world: Ports, slackUserId: string): Promise<SamePerson> {
  const problems: string[] = [];
  const orNothing = async <Found>(find: () => Promise<Found[]>): Promise<Found[]> => {
    try {
      return await find();
    } catch (thrown) {
      problems.push(asKastellanError(thrown).message);
      return [];
    }
  };
  const [linked, accounts, grants] = await Promise.all([
    world.links.find(slackUserId),
    orNothing(() => withAddress(world, slackUserId)),
    world.grants.liveOfPerson(slackUserId),
  ]);
  const held = grants.map(({ person }) => person.objectId);
  const objectIds = new Set([
    ...(linked === undefined ? [] : [linked]),
    ...accounts.map(({ objectId }) => objectId),
    ...held,
  ]);
  const owners = await Promise.all(
    [...objectIds].map(async (objectId) => [
      ...(await linkedTo(world, objectId)),
      ...(await orNothing(() => withAddressOf(world, objectId))),
    ]),
  );
  const [problem] = problems;
  return {
    slackUserIds: [...new Set([slackUserId, ...owners.flat()])],
    objectIds,
    ...(problem !== undefined && { problem }),
  };
}

// Also accounts that are disabled or belong to a Slack account that is closed: what they hold has to end all the same.
async function withAddress({ directory, people }: Ports, slackUserId: string): Promise<EntraAccount[]> {
  const slack = await people.find(slackUserId);
  return slack?.email !== undefined && slack.emailConfirmed ? directory.findPeopleByEmail(slack.email) : [];
}

async function linkedTo({ links }: Ports, objectId: string): Promise<string[]> {
  const owner = await links.findSlackUser(objectId);
  return owner === undefined ? [] : [owner];
}

async function withAddressOf({ directory, people }: Ports, objectId: string): Promise<string[]> {
  const account = await directory.findPerson(objectId);
  if (account === undefined) return [];
  const { userPrincipalName, mail } = account;
  const addresses = [...new Set([userPrincipalName, mail ?? userPrincipalName])];
  const found = await Promise.all(addresses.map((address) => people.findByEmail(address)));
  return found.flatMap((one) => (one === undefined ? [] : [one.id]));
}

/** Whether this is one of the person's accounts. */
export function isTheirs(
  person: SamePerson,
  slackUserId: string,
  accounts: readonly EntraAccount[] = [],
): boolean {
  return (
    person.slackUserIds.includes(slackUserId) ||
    accounts.some(({ objectId }) => person.objectIds.has(objectId))
  );
}

/** Whether a request would give the person access, for a time or as a permanent member. */
export function isForThem(person: SamePerson, request: Request): boolean {
  if (request.kind === 'access')
    return isTheirs(person, request.spec.beneficiary, request.accounts?.beneficiary);
  return (
    firstMembers(request).some((slackUserId) => person.slackUserIds.includes(slackUserId)) ||
    newMembersOf(request).some(({ objectId }) => person.objectIds.has(objectId))
  );
}

// Of a request that is not planned yet, nothing else says who gets in.
function firstMembers(request: Request): readonly string[] {
  const specs =
    request.kind === 'batch'
      ? request.spec.parts.map(({ spec }) => spec)
      : request.kind === 'setup'
        ? [request.spec]
        : [];
  return specs.flatMap(({ levels }) => levels.flatMap(({ members }) => members));
}

/** Whether the person asked for a request, or would be given what it asks for. */
export function concernsThem(person: SamePerson, request: Request): boolean {
  return isTheirs(person, request.asker, request.accounts?.asker) || isForThem(person, request);
}
