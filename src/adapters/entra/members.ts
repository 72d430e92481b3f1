import type { Group } from '@microsoft/microsoft-graph-types';
import { KastellanError, oneOfAll } from '../../domain/errors.ts';
import type { Directory } from '../../ports/directory.ts';
import { readEach, requireId } from './answers.ts';
import { gather, type ItemOutcome, shareReads } from './gather.ts';
import type { Graph } from './graph.ts';
import { BATCH_LIMIT } from './graph-batch.ts';
import type { GraphCall } from './graph-call.ts';
import { isLag, isRefusal } from './graph-problem.ts';
import { pathOf } from './odata.ts';
import { type Patience, retryWhile, waitFor } from './time.ts';

/** Graph takes no more references in one request (https://learn.microsoft.com/graph/api/group-post-members). */
const MOST_REFERENCES = 20;

type MemberMethods = Pick<
  Directory,
  'listMembers' | 'listAllMembers' | 'listGroupsOf' | 'addMembers' | 'removeMembers'
>;
type ListMembers = (groupId: string) => Promise<string[]>;

/**
 * The direct members of groups. What is asked for at the same time goes to Graph together: hundreds who are given the same
 * access in a minute cost a handful of requests.
 */
export function createMembers(graph: Graph, patience: Patience): MemberMethods {
  const listMembers = shareReads((groupId) => readMembers(graph, groupId, 'members'));
  const add = gather((groupId, ids) => addBatch(graph, patience, listMembers, groupId, ids));
  const remove = gather((groupId, ids) => removeBatch(graph, listMembers, groupId, ids));

  return {
    listMembers,
    listAllMembers: (groupId) => readMembers(graph, groupId, 'transitiveMembers'),
    listGroupsOf: (personId) => readGroupsOf(graph, personId),
    addMembers: async (groupId, personIds) => {
      const wanted = [...new Set(personIds)];
      const added = await Promise.allSettled(wanted.map((id) => add(groupId, id)));
      const failed = added.filter((one) => one.status === 'rejected');
      if (failed.length > 0) throw oneOfAll(failed.map(({ reason }) => reason));
      if (added.every((one) => one.status === 'fulfilled' && !one.value)) return;
      await waitFor(patience, 'the new members of the group', async () => {
        const present = new Set(await listMembers(groupId));
        return wanted.every((id) => present.has(id)) ? true : undefined;
      });
    },
    removeMembers: async (groupId, personIds) => {
      const wanted = [...new Set(personIds)];
      const removed = await Promise.allSettled(wanted.map((id) => remove(groupId, id)));
      const failed = removed.filter((one) => one.status === 'rejected');
      if (failed.length > 0) throw oneOfAll(failed.map(({ reason }) => reason));
      const gone = wanted.filter((_id, index) => {
        const one = removed[index];
        return one?.status === 'fulfilled' && one.value;
      });
      if (gone.length === 0) return [];
      await waitFor(patience, 'that the members have left the group', async () => {
        const left = await membersOrNone(listMembers, groupId);
        return gone.some((id) => left.includes(id)) ? undefined : true;
      });
      return gone;
    },
  };
}

async function readMembers(
  graph: Graph,
  groupId: string,
  which: 'members' | 'transitiveMembers',
): Promise<string[]> {
  const members = await graph.list<{ id?: string }>({
    operation: 'list the members of the group',
    method: 'GET',
    path: pathOf('groups', groupId, which),
    query: { $select: 'id', $top: '999' },
  });
  return readEach(members, requireId);
}

/** @see https://learn.microsoft.com/graph/api/user-list-transitivememberof */
async function readGroupsOf(graph: Graph, personId: string): Promise<string[]> {
  const found = await graph.list<Group & { readonly '@odata.type'?: string }>({
    operation: 'list the groups of a person',
    method: 'GET',
    path: pathOf('users', personId, 'transitiveMemberOf'),
    query: { $select: 'id,securityEnabled', $top: '999' },
  });
  // Directory roles and administrative units stand in the same list.
  const groups = found.filter((one) => one['@odata.type'] === '#microsoft.graph.group');
  return readEach(
    groups.filter(({ securityEnabled }) => securityEnabled === true),
    requireId,
  );
}

/** Adds those who are missing; gives of each what became of them. */
async function addBatch(
  graph: Graph,
  patience: Patience,
  listMembers: ListMembers,
  groupId: string,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, ItemOutcome>> {
  const missing = async (wanted: readonly string[]): Promise<string[]> => {
    const present = new Set(await listMembers(groupId));
    return wanted.filter((id) => !present.has(id));
  };
  const toAdd = await retryWhile(patience, isLag, () => missing(personIds));
  const outcomes = new Map<string, ItemOutcome>(
    personIds.filter((id) => !toAdd.includes(id)).map((id) => [id, { done: false }]),
  );
  for (const some of chunks(toAdd, MOST_REFERENCES)) {
    try {
      await bind(graph, groupId, some);
    } catch (thrown) {
      if (!isRefusal(thrown, 400, 404)) throw thrown;
      // One wrong or already present member makes Graph refuse all twenty: then they are added one by one.
      for (const id of some) outcomes.set(id, await addOne(graph, patience, groupId, id, missing));
    }
  }
  return outcomes;
}

async function bind(graph: Graph, groupId: string, personIds: readonly string[]): Promise<void> {
  await graph.request({
    operation: 'add members to the group',
    method: 'PATCH',
    path: pathOf('groups', groupId),
    body: { 'members@odata.bind': personIds.map((id) => reference(graph, id)) },
  });
}

async function addOne(
  graph: Graph,
  patience: Patience,
  groupId: string,
  personId: string,
  missing: (wanted: readonly string[]) => Promise<string[]>,
): Promise<ItemOutcome> {
  const add = async (): Promise<void> => {
    // There is no code for "is already a member", so the list decides.
    if ((await missing([personId])).length === 0) return;
    await graph.request({
      operation: 'add members to the group',
      method: 'POST',
      path: pathOf('groups', groupId, 'members', '$ref'),
      body: { '@odata.id': reference(graph, personId) },
    });
  };
  try {
    await retryWhile(patience, isLag, add);
    return { done: true };
  } catch (thrown) {
    if (isRefusal(thrown, 400) && (await missing([personId])).length === 0) return { done: true };
    return { thrown: isLag(thrown) ? notFound(groupId, personId, thrown) : thrown };
  }
}

/** Removes those who are there; gives of each what became of them. */
async function removeBatch(
  graph: Graph,
  listMembers: ListMembers,
  groupId: string,
  personIds: readonly string[],
): Promise<ReadonlyMap<string, ItemOutcome>> {
  const listed = new Set(await membersOrNone(listMembers, groupId));
  const present = personIds.filter((id) => listed.has(id));
  const outcomes = new Map<string, ItemOutcome>(personIds.map((id) => [id, { done: listed.has(id) }]));
  for (const some of chunks(present, BATCH_LIMIT)) {
    const results = await graph.batch(some.map((id) => removal(groupId, id)));
    for (const [index, thrown] of results.entries()) {
      // Who is gone by now is gone.
      if (thrown === undefined || isRefusal(thrown, 404)) continue;
      outcomes.set(some[index] ?? '', { thrown });
    }
  }
  return outcomes;
}

// Without "/$ref" the path would address the person, and the person would be deleted.
function removal(groupId: string, personId: string): GraphCall {
  return {
    operation: 'remove members from the group',
    method: 'DELETE',
    path: pathOf('groups', groupId, 'members', personId, '$ref'),
  };
}

async function membersOrNone(listMembers: ListMembers, groupId: string): Promise<string[]> {
  try {
    return await listMembers(groupId);
  } catch (thrown) {
    if (isRefusal(thrown, 404)) return [];
    throw thrown;
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
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
