import type { ApprovalRule } from '../domain/rules.ts';
import type { People } from '../ports.ts';

/** Slack user ids of everybody who may decide under this rule, read live: a group may have changed since the card. */
export async function findApprovers(people: People, rule: ApprovalRule): Promise<Set<string>> {
  const groups = await Promise.all(rule.approvers.userGroups.map((group) => people.membersOf(group)));
  return new Set([...rule.approvers.users, ...groups.flat()]);
}
