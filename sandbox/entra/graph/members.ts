import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Entry, listOf } from '../directory.ts';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { hasAny, requireAny, requireRight } from './caller.ts';
import { checkBody } from './check-body.ts';
import { find, findReference } from './lookup.ts';
import { changeGroupOwners, changeMembers, readMembers, readUsers } from './permissions.ts';
import { badRequest, denied, GraphProblem, notFound } from './problem.ts';
import { page, readQuery } from './query.ts';
import { full, showMember } from './show.ts';

type Relation = 'members' | 'owners';

const maxOwners = 100;

/** Graph's own words for an object that is already in the relation; there is no code for it. */
function alreadyThere(relation: Relation): GraphProblem {
  return badRequest(
    `One or more added object references already exist for the following modified properties: '${relation}'.`,
  );
}

/** Raises Graph's 400 if one of the objects is in the relation already, also when named twice. */
export function requireNew(group: Entry, relation: Relation, added: readonly Entry[]): void {
  const fresh = new Set(added.map((entry) => entry.id));
  if (fresh.size < added.length || [...fresh].some((id) => group[relation].has(id)))
    throw alreadyThere(relation);
}

/** Adds objects to a relation, all or none. Raises Graph's 400. */
export function addToRelation(group: Entry, relation: Relation, added: readonly Entry[]): void {
  requireNew(group, relation, added);
  if (added.some((entry) => entry === group))
    throw badRequest('Updating the group would make it a member of itself.');
  if (relation === 'owners') checkOwners(group, added);
  for (const { id } of added) group[relation].add(id);
}

function checkOwners(target: Entry, added: readonly Entry[]): void {
  if (added.some((entry) => entry.kind === 'group')) throw badRequest('Groups cannot be owners.');
  if (target.owners.size + added.length > maxOwners) {
    throw new GraphProblem(
      403,
      'Directory_QuotaExceeded',
      'The object already has the maximum number of owners.',
    );
  }
}

/** Raises what Graph answers for groups whose members nobody may set by hand. */
export function requireAssignable(group: Entry): void {
  if (group.properties['onPremisesSyncEnabled'] === true) {
    throw badRequest(
      'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
    );
  }
  if (listOf(group.properties, 'groupTypes').includes('DynamicMembership')) {
    throw badRequest('Insufficient privileges to complete the operation: the group has dynamic membership.');
  }
  if (group.properties['isAssignableToRole'] === true) throw denied();
}

/** Naming users needs a permission to read users. */
export function requireReadable(request: FastifyRequest, entries: readonly Entry[]): void {
  if (entries.some((entry) => entry.kind === 'user') && !hasAny(request.caller, readUsers)) throw denied();
}

interface GroupPath {
  Params: { group: string; member: string; cast?: string };
}

/** Members and owners of groups. @see https://learn.microsoft.com/graph/api/group-post-members */
export function memberRoutes(app: FastifyInstance, world: World): void {
  const list = (request: FastifyRequest<GroupPath>, ids: (group: Entry) => Iterable<string>) => {
    const group = find(world, 'group', request.params.group);
    requireRight(request.caller, readMembers, group);
    const cast = request.params.cast?.replace('microsoft.graph.', '');
    const entries = [...ids(group)]
      .flatMap((id) => world.directory.entries.get(id) ?? [])
      .filter((entry) => world.directory.isVisible(entry) && (!cast || entry.kind === cast));
    const query = readQuery(request);
    const showOne = (item: Record<string, unknown>) => {
      const entry = world.directory.entries.get(String(item['id']));
      return entry ? showMember(entry, request.caller, query.select) : item;
    };
    return page(request, world.url, 'directoryObjects', entries.map(full), query, showOne);
  };
  const readers: [string, (group: Entry) => Iterable<string>][] = [
    ['members', (group) => group.members],
    ['transitiveMembers', (group) => world.directory.transitiveMembers(group)],
    ['owners', (group) => group.owners],
  ];
  for (const [name, ids] of readers) {
    app.get<GroupPath>(`/groups/:group/${name}`, (request) => list(request, ids));
    app.get<GroupPath>(`/groups/:group/${name}/:cast(^microsoft\\.graph\\.\\w+$)`, (request) =>
      list(request, ids),
    );
  }

  for (const relation of ['members', 'owners'] as const) {
    const right = relation === 'members' ? changeMembers : changeGroupOwners;
    const word = relation === 'members' ? 'member' : 'owner';
    app.post<GroupPath>(`/groups/:group/${relation}/$ref`, (request, reply) => {
      const group = findForChange(world, request.params.group, relation);
      requireRight(request.caller, right, group);
      const body = checkBody(request.body, { '@odata.id': 'string' }, 'ReferenceCreate');
      const entry = findReference(world, body['@odata.id'], 404);
      requireReadable(request, [entry]);
      if (relation === 'members') requireAssignable(group);
      addToRelation(group, relation, [entry]);
      audit(world, request.caller, `Add ${word} to group`, group, entry);
      return reply.code(204).send();
    });
    app.delete<GroupPath>(`/groups/:group/${relation}/:member/$ref`, (request, reply) => {
      const group = find(world, 'group', request.params.group);
      requireRight(request.caller, right, group);
      if (relation === 'members') requireAssignable(group);
      removeFrom(group, relation, request.params.member);
      const entry = world.directory.entries.get(request.params.member);
      audit(world, request.caller, `Remove ${word} from group`, group, entry);
      return reply.code(204).send();
    });
    // Without `/$ref` the path means the user, group or application itself, and the delete would remove that.
    app.delete<GroupPath>(`/groups/:group/${relation}/:member`, (request) => {
      requireAny(request.caller, ['User.ReadWrite.All', 'Directory.ReadWrite.All']);
      throw denied();
    });
  }
}

function removeFrom(group: Entry, relation: Relation, id: string): void {
  if (relation === 'owners' && group.owners.size === 1 && group.owners.has(id)) {
    throw badRequest('The group must have at least one owner, hence this owner cannot be removed.');
  }
  if (!group[relation].delete(id)) throw notFound(id);
}

/** Right after its creation a group cannot be given members yet, and the answer is not a 404. */
function findForChange(world: World, key: string, relation: Relation): Entry {
  try {
    return find(world, 'group', key);
  } catch (error) {
    const exists = world.directory.entries.has(key);
    if (!exists || relation === 'owners') throw error;
    throw badRequest('The source resource object or one of the objects being referenced do not exist.');
  }
}
