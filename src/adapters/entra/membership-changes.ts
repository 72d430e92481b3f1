import type { DirectoryAudit } from '@microsoft/microsoft-graph-types';
import type { MembershipChange } from '../../domain/access/member-drift.ts';
import type { Directory } from '../../ports/directory.ts';
import type { Graph } from './graph.ts';
import { odataText } from './odata.ts';

const CHANGES: Readonly<Record<string, MembershipChange['change']>> = {
  'Add member to group': 'added',
  'Remove member from group': 'removed',
};
const PAGE = '200';
// The log goes back seven or thirty days; what happened long ago is not worth reading all of it.
const MOST_PAGES = 5;

/**
 * How people came into a group and left it, as Entra's audit log tells.
 * @see https://learn.microsoft.com/graph/api/directoryaudit-list
 */
export function createMembershipChanges(graph: Graph): Pick<Directory, 'listMembershipChanges'> {
  return {
    listMembershipChanges: async (groupId) => {
      const found: MembershipChange[] = [];
      let pages = 0;
      const call = {
        operation: 'read who changed the members of the group',
        method: 'GET',
        path: '/auditLogs/directoryAudits',
        query: { $filter: `targetResources/any(t:t/id eq ${odataText(groupId)})`, $top: PAGE },
      } as const;
      for await (const page of graph.pages<DirectoryAudit>(call)) {
        found.push(...page.flatMap((entry) => changesOf(entry, groupId)));
        pages += 1;
        if (pages === MOST_PAGES) break;
      }
      return found;
    },
  };
}

function changesOf(entry: DirectoryAudit, groupId: string): MembershipChange[] {
  const { activityDisplayName, activityDateTime, result, targetResources } = entry;
  const change = CHANGES[activityDisplayName ?? ''];
  if (change === undefined || result === 'failure' || typeof activityDateTime !== 'string') return [];
  return (targetResources ?? [])
    .filter(({ id }) => id !== undefined && id !== null && id !== groupId)
    .map(({ id }) => ({ personId: id ?? '', change, by: initiator(entry), at: activityDateTime }));
}

function initiator({ initiatedBy }: DirectoryAudit): string {
  const { user, app } = initiatedBy ?? {};
  const names = [user?.displayName, user?.userPrincipalName, app?.displayName, user?.id, app?.appId];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? 'somebody';
}
