import { approvalRule } from '../../domain/requests/policy.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { WhoMay } from '../../domain/requests/rules.ts';
import type { People, ReadPriority } from '../../ports/messenger.ts';
import type { World } from '../../ports/world.ts';

/**
 * Slack user ids of all who may decide on a request, read live: a group may have changed since the card.
 * @param about the person in question, if any: see `membersOfAny`
 * @param priority for a decision unless told otherwise
 */
export async function findApprovers(
  { people, rules }: Pick<World, 'people' | 'rules'>,
  request: Request,
  about?: string,
  priority?: ReadPriority,
): Promise<Set<string>> {
  return membersOfAny(people, approvalRule(rules, request).approvers, about, priority);
}

/** Slack user ids of all who are notified of break-glass access: approvers and operators. */
export async function findWitnesses(
  world: Pick<World, 'people' | 'rules'>,
  request: Request,
): Promise<string[]> {
  const witnesses = new Set([...(await findApprovers(world, request)), ...world.rules.operators]);
  witnesses.delete(request.asker);
  return [...witnesses];
}

/**
 * `findApprovers` for a list of many requests, where each rule is looked up once.
 * @param about as above
 */
export function approversByRule(
  world: Pick<World, 'people' | 'rules'>,
  about?: string,
): (request: Request) => Promise<Set<string>> {
  const known = new Map<string, Promise<Set<string>>>();
  return (request) => {
    const key = JSON.stringify(approvalRule(world.rules, request).approvers);
    const approvers = known.get(key) ?? findApprovers(world, request, about, 'list');
    known.set(key, approvers);
    return approvers;
  };
}

/**
 * Slack user ids of those who are named, one by one or through a user group. A group that cannot be read leaves the others
 * as they are, but nobody is said to be in none of them because of it.
 * @param about Slack user id of the person in question, if any
 * @param priority for a decision unless told otherwise
 * @throws KastellanError `slack.*` where a group could not be read and that could matter
 */
export async function membersOfAny(
  people: People,
  { userGroups, users }: WhoMay,
  about?: string,
  priority?: ReadPriority,
): Promise<Set<string>> {
  const groups = await Promise.allSettled(userGroups.map((group) => people.membersOf(group, priority)));
  const read = groups.flatMap((group) => (group.status === 'fulfilled' ? group.value : []));
  const members = new Set([...users, ...read]);
  const unread = groups.find((group) => group.status === 'rejected');
  const matters = about === undefined ? members.size === 0 : !members.has(about);
  if (unread !== undefined && matters) throw unread.reason;
  return members;
}
