import { KastellanError } from '../../domain/errors.ts';
import type { Directory } from '../../ports.ts';
import { requireId } from './answers.ts';
import type { Graph } from './graph.ts';
import { isLag, isRefusal } from './graph-problem.ts';
import { pathOf } from './odata.ts';
import { type Patience, persist, waitFor } from './time.ts';

/** Graph takes no more references in one request (https://learn.microsoft.com/graph/api/group-post-members). */
const BATCH = 20;

type MemberMethods = Pick<Directory, 'listMembers' | 'addMembers' | 'removeMembers'>;

/** The direct members of groups. */
export function createMembers(graph: Graph, patience: Patience): MemberMethods {
  const listMembers = async (groupId: string): Promise<string[]> => {
    const members = await graph.list<{ id?: string }>({
      operation: 'list the members of the group',
      method: 'GET',
      path: pathOf('groups', groupId, 'members'),
      query: { $select: 'id', $top: '999' },
    });
    return members.map(requireId);
  };
  const missing = async (groupId: string, wanted: readonly string[]): Promise<string[]> => {
    const present = new Set(await listMembers(groupId));
    return wanted.filter((id) => !present.has(id));
  };

  return {
    listMembers,
    addMembers: async (groupId, personIds) => {
      const wanted = [...new Set(personIds)];
      if (wanted.length === 0) return;
      const toAdd = await persist(patience, isLag, () => missing(groupId, wanted));
      if (toAdd.length === 0) return;
      for (let start = 0; start < toAdd.length; start += BATCH) {
        await addBatch(graph, patience, groupId, toAdd.slice(start, start + BATCH), missing);
      }
      await waitFor(patience, 'the new members of the group', async () =>
        (await missing(groupId, wanted)).length === 0 ? true : undefined,
      );
    },
    removeMembers: async (groupId, personIds) => {
      const listed = await membersOrNone(listMembers, groupId);
      const toRemove = [...new Set(personIds)].filter((id) => listed.includes(id));
      if (toRemove.length === 0) return [];
      for (const id of toRemove) await removeOne(graph, groupId, id);
      await waitFor(patience, 'that the members have left the group', async () => {
        const left = await membersOrNone(listMembers, groupId);
        return toRemove.some((id) => left.includes(id)) ? undefined : true;
      });
      return toRemove;
    },
  };
}

type Missing = (groupId: string, wanted: readonly string[]) => Promise<string[]>;

/** One wrong or already present member makes Graph refuse all twenty: then they are added one by one. */
async function addBatch(
  graph: Graph,
  patience: Patience,
  groupId: string,
  personIds: readonly string[],
  missing: Missing,
): Promise<void> {
  try {
    await graph.request({
      operation: 'add members to the group',
      method: 'PATCH',
      path: pathOf('groups', groupId),
      body: { 'members@odata.bind': personIds.map((id) => reference(graph, id)) },
    });
  } catch (thrown) {
    if (!isRefusal(thrown, 400, 404)) throw thrown;
    for (const id of personIds) await addOne(graph, patience, groupId, id, missing);
  }
}

async function addOne(
  graph: Graph,
  patience: Patience,
  groupId: string,
  personId: string,
  missing: Missing,
): Promise<void> {
  const add = async (): Promise<void> => {
    // There is no code for "is already a member", so the list decides.
    if ((await missing(groupId, [personId])).length === 0) return;
    await graph.request({
      operation: 'add members to the group',
      method: 'POST',
      path: pathOf('groups', groupId, 'members', '$ref'),
      body: { '@odata.id': reference(graph, personId) },
    });
  };
  try {
    await persist(patience, isLag, add);
  } catch (thrown) {
    if (isRefusal(thrown, 400) && (await missing(groupId, [personId])).length === 0) return;
    if (isLag(thrown)) throw notFound(groupId, personId, thrown);
    throw thrown;
  }
}

// Without "/$ref" the path would address the person, and the person would be deleted.
async function removeOne(graph: Graph, groupId: string, personId: string): Promise<void> {
  await graph.find({
    operation: 'remove members from the group',
    method: 'DELETE',
    path: pathOf('groups', groupId, 'members', personId, '$ref'),
  });
}

async function membersOrNone(
  listMembers: (groupId: string) => Promise<string[]>,
  groupId: string,
): Promise<string[]> {
  try {
    return await listMembers(groupId);
  } catch (thrown) {
    if (isRefusal(thrown, 404)) return [];
    throw thrown;
  }
}

function reference(graph: Graph, objectId: string): string {
  return `${graph.url}/v1.0/directoryObjects/${encodeURIComponent(objectId)}`;
}

function notFound(groupId: string, personId: string, cause: unknown): KastellanError {
  return new KastellanError({
    code: 'entra.not-found',
    message: `Entra does not find the account ${personId} or the group ${groupId}, so the account was not added.`,
    hint: 'One of them was deleted in the meantime. Look in Entra, then ask again.',
    cause,
  });
}
