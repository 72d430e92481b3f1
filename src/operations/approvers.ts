import { approvalRule } from '../domain/policy.ts';
import type { Request } from '../domain/request.ts';
import type { World } from '../ports.ts';

/** Slack user ids of everybody who may decide on a request, read live: a group may have changed since the card. */
export async function findApprovers(
  { people, rules }: Pick<World, 'people' | 'rules'>,
  request: Request,
): Promise<Set<string>> {
  const { approvers } = approvalRule(rules, request);
  const groups = await Promise.all(approvers.userGroups.map((group) => people.membersOf(group)));
  return new Set([...approvers.users, ...groups.flat()]);
}
