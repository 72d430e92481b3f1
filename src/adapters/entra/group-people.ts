import type { DirectoryObject, User } from '@microsoft/microsoft-graph-types';
import type { EntraAccount } from '../../domain/person.ts';
import type { Directory } from '../../ports/directory.ts';
import { readEach, requireId } from './answers.ts';
import type { Graph } from './graph.ts';
import { pathOf } from './odata.ts';

/**
 * The direct members and the owners of a group, by name.
 * @see https://learn.microsoft.com/graph/api/group-list-members
 * @see https://learn.microsoft.com/graph/api/group-list-owners
 */
export function createGroupPeople(graph: Graph): Pick<Directory, 'listGroupPeople'> {
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
  };
}

// Who may not read accounts is given members without a name.
function toAccount(object: DirectoryObject & User): EntraAccount {
  const objectId = requireId(object);
  return { objectId, name: object.displayName ?? objectId };
}
