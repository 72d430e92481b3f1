import type { AppRoleAssignment, DirectoryObject, Group } from '@microsoft/microsoft-graph-types';
import type { EntraAccount } from '../../domain/person.ts';
import type { MemberOf, NestedGroup } from '../../domain/setup/setup.ts';
import type { Directory } from '../../ports/directory.ts';
import { readEach, requireId } from './answers.ts';
import type { Graph } from './graph.ts';
import { pathOf } from './odata.ts';

type Named = DirectoryObject & Pick<Group, 'displayName'> & { readonly '@odata.type'?: string };

type Methods = Pick<
  Directory,
  'listMemberAccounts' | 'listNestedGroups' | 'listGroupOwners' | 'listMemberOf' | 'listApplicationsOf'
>;

/**
 * The members and the owners of a group, what it is in and what it is assigned to, by name.
 * @see https://learn.microsoft.com/graph/api/group-list-members
 * @see https://learn.microsoft.com/graph/api/group-list-transitivemembers
 * @see https://learn.microsoft.com/graph/api/group-list-owners
 * @see https://learn.microsoft.com/graph/api/group-list-transitivememberof
 * @see https://learn.microsoft.com/graph/api/group-list-approleassignments
 */
export function createGroupPeople(graph: Graph): Methods {
  function list(groupId: string, which: 'members' | 'transitiveMembers' | 'owners'): Promise<Named[]> {
    return graph.list<Named>({
      operation: which === 'owners' ? 'list the owners of the group' : 'list the members of the group',
      method: 'GET',
      path: pathOf('groups', groupId, which),
      query: { $select: 'id,displayName', $top: '999' },
    });
  }
  return {
    listMemberAccounts: async (groupId) => readEach(await list(groupId, 'members'), toAccount),
    listGroupOwners: async (groupId) => readEach(await list(groupId, 'owners'), toAccount),
    listNestedGroups: async (groupId) => {
      const groups = ofType(await list(groupId, 'members'), 'group');
      return Promise.all(
        groups.map(async (group): Promise<NestedGroup> => {
          const people = ofType(await list(group.objectId, 'transitiveMembers'), 'user');
          return { ...group, people };
        }),
      );
    },
    listMemberOf: async (groupId) => {
      const found = await graph.list<Named>({
        operation: 'list what the group is in',
        method: 'GET',
        path: pathOf('groups', groupId, 'transitiveMemberOf'),
        query: { $select: 'id,displayName', $top: '999' },
      });
      return toMemberOf(found);
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

function toMemberOf(found: readonly Named[]): MemberOf {
  return {
    directoryRoles: ofType(found, 'directoryRole'),
    administrativeUnits: ofType(found, 'administrativeUnit'),
    groups: ofType(found, 'group'),
  };
}

function ofType(found: readonly Named[], type: string): EntraAccount[] {
  return readEach(
    found.filter((one) => one['@odata.type'] === `#microsoft.graph.${type}`),
    toAccount,
  );
}

// Who may not read accounts is given members without a name; the same with roles and units.
function toAccount(object: Named): EntraAccount {
  const objectId = requireId(object);
  return { objectId, name: object.displayName ?? objectId };
}
