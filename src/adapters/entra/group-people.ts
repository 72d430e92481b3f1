import type { AppRoleAssignment, DirectoryObject, User } from '@microsoft/microsoft-graph-types';
import type { EntraAccount } from '../../domain/person.ts';
import type { Directory } from '../../ports/directory.ts';
import { readEach, requireId } from './answers.ts';
import type { Graph } from './graph.ts';
import { pathOf } from './odata.ts';

/**
 * The direct members and the owners of a group, and what it is assigned to, by name.
 * @see https://learn.microsoft.com/graph/api/group-list-members
 * @see https://learn.microsoft.com/graph/api/group-list-owners
 * @see https://learn.microsoft.com/graph/api/group-list-approleassignments
 */
export function createGroupPeople(graph: Graph): Pick<Directory, 'listGroupPeople' | 'listApplicationsOf'> {
  async function list(groupId: string, which: 'members' | 'owners'): Promise<EntraAccount[]> {
    const found = await graph.list<DirectoryObject & User>({
      operation: `list the ${which} of the group`,
      method: 'GET',
      path: pathOf('groups', groupId, which),
      query: { $select: 'id,displayName', $top: '999' },
    });
    return readEach(found, toAccount);
  }
  return {
    listGroupPeople: async (groupId) => {
      const [members, owners] = await Promise.all([list(groupId, 'members'), list(groupId, 'owners')]);
      return { members, owners };
    },
    listApplicationsOf: async (groupId) => {
      const found = await graph.list<AppRoleAssignment>({
        operation: 'list the applications of the group',
        method: 'GET',
        path: pathOf('groups', groupId, 'appRoleAssignments'),
        query: { $top: '999' },
      });
      // One for each role of an application.
      const applications = readEach(found, toApplication);
      return [...new Map(applications.map((one) => [one.objectId, one])).values()];
    },
  };
}

function toApplication({ id, resourceId, resourceDisplayName }: AppRoleAssignment): EntraAccount {
  const objectId = requireId({ id: resourceId ?? id });
  return { objectId, name: resourceDisplayName ?? objectId };
}

// Who may not read accounts is given members without a name.
function toAccount(object: DirectoryObject & User): EntraAccount {
  const objectId = requireId(object);
  return { objectId, name: object.displayName ?? objectId };
}
