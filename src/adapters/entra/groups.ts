import type { Group } from '@microsoft/microsoft-graph-types';
import type { Directory, DirectoryGroup } from '../../ports.ts';
import { requireId } from './answers.ts';
import { restoreDeleted } from './deleted-items.ts';
import type { Graph } from './graph.ts';
import { isRefusal } from './graph-problem.ts';
import { byKey, pathOf } from './odata.ts';
import { type Patience, waitFor } from './time.ts';

const SELECT =
  'id,displayName,securityEnabled,mailEnabled,groupTypes,onPremisesSyncEnabled,isAssignableToRole,uniqueName';

type GroupMethods = Pick<Directory, 'findGroup' | 'createGroup' | 'deleteGroup' | 'restoreGroup'>;

/** Security groups by their unique name or object ID. */
export function createGroups(graph: Graph, patience: Patience): GroupMethods {
  async function findGroup(key: Parameters<Directory['findGroup']>[0]): Promise<DirectoryGroup | undefined> {
    const path =
      'uniqueName' in key ? byKey('groups', 'uniqueName', key.uniqueName) : pathOf('groups', key.objectId);
    const query = { $select: SELECT };
    const group = await graph.find<Group>({ operation: 'find the group', method: 'GET', path, query });
    return group === undefined ? undefined : toDirectoryGroup(group);
  }

  return {
    findGroup,
    createGroup: async (wanted) => {
      const there = await findGroup(wanted);
      if (there !== undefined) return there;
      await upsert(graph, wanted);
      return waitFor(patience, `the group ${wanted.displayName}`, () => findGroup(wanted));
    },
    deleteGroup: async (objectId) => {
      const path = pathOf('groups', objectId);
      await graph.find({ operation: 'delete the group', method: 'DELETE', path });
      await waitFor(patience, 'that the group is gone', async () =>
        (await findGroup({ objectId })) === undefined ? true : undefined,
      );
    },
    restoreGroup: (objectId) =>
      restoreDeleted(
        graph,
        patience,
        { operation: 'restore the group', objectId, what: 'the group' },
        async () => (await findGroup({ objectId })) !== undefined,
      ),
  };
}

type NewGroup = Parameters<Directory['createGroup']>[0];

/**
 * @see https://learn.microsoft.com/graph/api/group-upsert - a group made without an owner cannot be changed any more by
 * who may only create groups, so Kastellan names itself.
 */
async function upsert(graph: Graph, wanted: NewGroup): Promise<void> {
  const { objectId } = await graph.identity();
  const owners = objectId === undefined ? [] : [`${graph.url}/v1.0/directoryObjects/${objectId}`];
  try {
    await put(graph, wanted, owners);
  } catch (thrown) {
    if (!isSelfAlreadyOwner(thrown)) throw thrown;
    await put(graph, wanted, []);
  }
}

async function put(graph: Graph, wanted: NewGroup, owners: readonly string[]): Promise<void> {
  await graph.request({
    operation: 'create the group',
    method: 'PATCH',
    path: byKey('groups', 'uniqueName', wanted.uniqueName),
    headers: { Prefer: 'create-if-missing' },
    body: {
      displayName: wanted.displayName,
      description: wanted.description,
      mailEnabled: false,
      mailNickname: mailNickname(wanted.uniqueName),
      securityEnabled: true,
      ...(owners.length > 0 ? { 'owners@odata.bind': owners } : {}),
    },
  });
}

// Entra may have added the caller by itself, or the group may be there unseen; it then complains without a code for it.
function isSelfAlreadyOwner(thrown: unknown): boolean {
  return isRefusal(thrown, 400) && /duplicate values|references already exist/i.test(thrown.problem.message);
}

/** At most 64 ASCII characters without those that mail addresses do not like. */
function mailNickname(uniqueName: string): string {
  return uniqueName.replace(/[^\w.-]/g, '-').slice(0, 64);
}

function toDirectoryGroup(group: Group): DirectoryGroup {
  return {
    objectId: requireId(group),
    displayName: group.displayName ?? '',
    ...(typeof group.uniqueName === 'string' && { uniqueName: group.uniqueName }),
    security: group.securityEnabled === true,
    fixedBecause: fixedBecause(group),
  };
}

function fixedBecause(group: Group): string | undefined {
  if (group.groupTypes?.includes('DynamicMembership')) return 'a rule decides who is in it';
  if (group.onPremisesSyncEnabled === true) return 'it is synchronised from on-premises';
  if (group.isAssignableToRole === true) return 'directory roles can be assigned to it';
  if (group.mailEnabled === true && !group.groupTypes?.includes('Unified')) {
    return 'it is mail-enabled, so its members are managed in Exchange';
  }
  return undefined;
}
