import { approvalRule } from '../domain/policy.ts';
import type { Request } from '../domain/request.ts';
import type { WhoMay } from '../domain/rules.ts';
import type { People, World } from '../ports.ts';

/** Slack user ids of everybody who may decide on a request, read live: a group may have changed since the card. */
export async function findApprovers(
  { people, rules }: Pick<World, 'people' | 'rules'>,
  request: Request,
): Promise<Set<string>> {
  return membersOfAny(people, approvalRule(rules, request).approvers);
}

/** Slack user ids of those who are named, one by one or through a user group. */
export async function membersOfAny(people: People, { userGroups, users }: WhoMay): Promise<Set<string>> {
  const groups = await Promise.all(userGroups.map((group) => people.membersOf(group)));
  return new Set([...users, ...groups.flat()]);
}
