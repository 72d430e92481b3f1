import type { Group } from '@microsoft/microsoft-graph-types';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { Directory, DirectoryGroup } from '../../ports/directory.ts';
import { requireId } from './answers.ts';
import { restoreDeleted } from './deleted-items.ts';
import type { Graph } from './graph.ts';
import { GraphRefusal, isRefusal } from './graph-problem.ts';
import { byKey, pathOf } from './odata.ts';
import { type Patience, waitFor } from './time.ts';

const SELECT =
  'id,displayName,description,securityEnabled,mailEnabled,groupTypes,onPremisesSyncEnabled,isAssignableToRole,uniqueName';

type GroupMethods = Pick<Directory, 'findGroup' | 'createGroup' | 'deleteGroup' | 'restoreGroup'>;

/**
 * Security groups by their unique name or object ID.
 * What it returns throws KastellanError `entra.permission-missing`.
 */
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
      const conflict = await make(graph, wanted);
      try {
        return await waitFor(patience, `the group ${wanted.displayName}`, () => findGroup(wanted));
      } catch (thrown) {
        throw conflict === undefined ? thrown : takenUnseen(conflict);
      }
    },
    deleteGroup: async (objectId) => {
      const path = pathOf('groups', objectId);
      try {
        await graph.find({ operation: 'delete the group', method: 'DELETE', path });
      } catch (thrown) {
        throw isRefusal(thrown, 403) ? mayNotDelete(await findGroup({ objectId }), thrown) : thrown;
      }
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
 * Makes the group, once: its unique name is taken from then on. Microsoft's pages disagree whether an upsert by that name
 * needs more than Group.Create, so a plain creation follows if Entra refuses it.
 * @returns the refusal, if there is a group with this unique name that reads do not show (yet)
 * @see https://learn.microsoft.com/graph/api/group-upsert
 * @see https://learn.microsoft.com/graph/api/group-post-groups
 */
async function make(graph: Graph, wanted: NewGroup): Promise<GraphRefusal | undefined> {
  try {
    await asOwner(graph, (owners) => upsert(graph, wanted, owners));
  } catch (thrown) {
    if (!isRefusal(thrown, 403)) throw thrown;
    return create(graph, wanted);
  }
  return undefined;
}

async function create(graph: Graph, wanted: NewGroup): Promise<GraphRefusal | undefined> {
  try {
    await asOwner(graph, (owners) => post(graph, wanted, owners));
  } catch (thrown) {
    // An earlier try whose answer was lost, or a deleted group that keeps the name: which of them, reading tells.
    if (thrown instanceof GraphRefusal && thrown.code === 'entra.name-taken') return thrown;
    throw thrown;
  }
  return undefined;
}

// A group made without an owner cannot be changed any more by who may only create groups, so Kastellan names itself.
async function asOwner(graph: Graph, act: (owners: readonly string[]) => Promise<void>): Promise<void> {
  const { objectId } = await graph.identity();
  const owners = objectId === undefined ? [] : [`${graph.url}/v1.0/directoryObjects/${objectId}`];
  try {
    await act(owners);
  } catch (thrown) {
    if (!isSelfAlreadyOwner(thrown)) throw thrown;
    await act([]);
  }
}

async function upsert(graph: Graph, wanted: NewGroup, owners: readonly string[]): Promise<void> {
  await graph.request({
    operation: 'create the group',
    method: 'PATCH',
    path: byKey('groups', 'uniqueName', wanted.uniqueName),
    headers: { Prefer: 'create-if-missing' },
    body: bodyOf(wanted, owners),
  });
}

async function post(graph: Graph, wanted: NewGroup, owners: readonly string[]): Promise<void> {
  const body = { ...bodyOf(wanted, owners), uniqueName: wanted.uniqueName };
  await graph.request({ operation: 'create the group', method: 'POST', path: '/groups', body });
}

function bodyOf({ displayName, description, uniqueName }: NewGroup, owners: readonly string[]): object {
  return {
    displayName,
    description,
    mailEnabled: false,
    mailNickname: mailNickname(uniqueName),
    securityEnabled: true,
    ...(owners.length > 0 ? { 'owners@odata.bind': owners } : {}),
  };
}

// Tried again all the same: it can be a new group that Entra does not show everywhere for minutes.
function takenUnseen(conflict: GraphRefusal): KastellanError {
  const { code, message, hint = '' } = conflict;
  return new KastellanError({ code, message, hint, retry: LATER, cause: conflict });
}

function mayNotDelete(group: DirectoryGroup | undefined, cause: unknown): KastellanError {
  const name = group === undefined ? 'the group' : `the group ${group.displayName} (${group.objectId})`;
  return new KastellanError({
    code: 'entra.permission-missing',
    message: `Kastellan may not delete ${name}: this tenant does not allow that to the owner of a group, and Kastellan's identity lacks the Graph permission Group.ReadWrite.All. The group is left in Entra.`,
    hint: 'Grant the application permission Group.ReadWrite.All with admin consent (/kasten doctor shows how), or delete the group by hand. Then try again.',
    cause,
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
    ...(typeof group.description === 'string' && { description: group.description }),
    security: group.securityEnabled === true,
    fixedBecause: fixedBecause(group),
    ...(group.isAssignableToRole === true && { roleAssignable: true }),
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
