import type { DirectoryObject, Group, User } from '@microsoft/microsoft-graph-types';
import type { Directory } from '../../ports/directory.ts';
import { requireId } from './answers.ts';
import type { Graph } from './graph.ts';
import { pathOf } from './odata.ts';

type Member = DirectoryObject & User & Group & { readonly '@odata.type'?: string };

/**
 * Members who are no plain accounts of this tenant.
 * @see https://learn.microsoft.com/graph/api/group-list-members
 */
export function createUnusualMembers(graph: Graph): Pick<Directory, 'listUnusualMembers'> {
  return {
    listUnusualMembers: async (groupId) => {
      const members = await graph.list<Member>({
        operation: 'list the members of the group',
        method: 'GET',
        path: pathOf('groups', groupId, 'members'),
        query: { $select: 'id,displayName,accountEnabled,userType', $top: '999' },
      });
      const people = members.filter((one) => kindOf(one) === '#microsoft.graph.user');
      // Whoever may not read accounts is given members without anything in them.
      if (people.some(({ accountEnabled }) => typeof accountEnabled !== 'boolean')) return undefined;
      return {
        groups: members.filter((one) => kindOf(one) === '#microsoft.graph.group').map(nameOf),
        disabled: people.filter(({ accountEnabled }) => accountEnabled === false).map(nameOf),
        guests: people.filter(({ userType }) => userType === 'Guest').map(nameOf),
      };
    },
  };
}

function kindOf(member: Member): string | undefined {
  return member['@odata.type'];
}

function nameOf(member: Member): string {
  return member.displayName ?? requireId(member);
}
