import { randomInt } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Entry, listOf, type Properties, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { requireAny, requireRight } from './caller.ts';
import { checkBody, invalidValue, requireValues } from './check-body.ts';
import { find, findReference, requireUnique } from './lookup.ts';
import { transitiveMemberOf } from './member-of.ts';
import { addToRelation, requireAssignable, requireNew, requireReadable } from './members.ts';
import {
  changeGroup,
  changeMembers,
  createGroups,
  deleteGroup,
  readGroup,
  readGroups,
  readGroupsOfGroup,
} from './permissions.ts';
import { badRequest } from './problem.ts';
import { writable } from './shapes.ts';
import { list, single } from './show.ts';
import { patch, prefersCreation } from './upsert.ts';

interface GroupPath {
  Params: { group: string };
}

const maxReferences = 20;

/** Groups. @see https://learn.microsoft.com/graph/api/resources/group */
export function groupRoutes(app: FastifyInstance, world: World): void {
  app.get('/groups', (request) => {
    requireAny(request.caller, readGroups);
    return list(world, request, 'group', world.directory.visible('group'));
  });

  app.post('/groups', (request, reply) => {
    const group = create(world, request, checkBody(request.body, writable.group, 'Group'));
    return reply.code(201).send(single(world, request, group));
  });

  app.get<GroupPath>('/groups/:group', (request) => {
    const group = find(world, 'group', request.params.group);
    requireRight(request.caller, readGroup, group);
    return single(world, request, group);
  });

  app.get<GroupPath>('/groups/:group/transitiveMemberOf', (request) => {
    requireAny(request.caller, readGroupsOfGroup);
    return transitiveMemberOf(world, request, find(world, 'group', request.params.group));
  });

  app.patch<GroupPath>('/groups/:group', (request, reply) => {
    if (world.knobs.strictGroups && prefersCreation(request)) requireAny(request.caller, deleteGroup.any);
    return patch(world, request, reply, request.params.group, {
      kind: 'group',
      upsertBy: 'uniqueName',
      create,
      change,
    });
  });

  app.delete<GroupPath>('/groups/:group', (request, reply) => {
    const group = find(world, 'group', request.params.group);
    requireRight(
      request.caller,
      world.knobs.strictGroups ? { ...deleteGroup, owned: [] } : deleteGroup,
      group,
    );
    world.directory.softDelete(group);
    audit(world, request.caller, 'Delete group', group);
    return reply.code(204).send();
  });
}

function create(world: World, request: FastifyRequest, body: Properties): Entry {
  requireAny(request.caller, createGroups);
  requireValues(body, ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled'], 'group');
  checkValues(body);
  requireUnique(world, 'group', 'uniqueName', body['uniqueName']);
  const members = references(world, body, 'members');
  const owners = references(world, body, 'owners');
  if (members.length + owners.length > maxReferences) throw tooMany();
  requireReadable(request, [...members, ...owners]);
  const { 'members@odata.bind': _members, 'owners@odata.bind': _owners, ...properties } = body;
  const sid = Array.from({ length: 4 }, () => randomInt(1, 2 ** 31)).join('-');
  const group = world.directory.add('group', { ...properties, securityIdentifier: `S-1-12-1-${sid}` });
  addToRelation(group, 'members', members);
  // Nobody becomes owner by itself: a group made without one cannot be changed by a holder of Group.Create alone.
  addToRelation(group, 'owners', owners);
  audit(world, request.caller, 'Add group', group);
  return group;
}

function change(world: World, request: FastifyRequest, group: Entry, body: Properties): void {
  const { 'members@odata.bind': bound, 'owners@odata.bind': boundOwners, ...properties } = body;
  const changesProperties = Object.keys(properties).length > 0 || boundOwners !== undefined;
  requireRight(
    request.caller,
    bound !== undefined && !changesProperties ? changeMembers : changeGroup,
    group,
  );
  checkValues(properties);
  requireUnique(world, 'group', 'uniqueName', properties['uniqueName'], group);
  if (textOf(properties, 'uniqueName') && group.properties['isAssignableToRole'] === true) {
    throw badRequest('Value for ArmUniqueName cannot be updated for groups assignable to role.');
  }
  const members = references(world, body, 'members');
  const owners = references(world, body, 'owners');
  if (members.length + owners.length > maxReferences) throw tooMany();
  if (members.length > 0) requireAssignable(group);
  requireReadable(request, [...members, ...owners]);
  requireNew(group, 'owners', owners);
  addToRelation(group, 'members', members);
  addToRelation(group, 'owners', owners);
  group.properties = { ...group.properties, ...properties };
  if (members.length === 0) audit(world, request.caller, 'Update group', group);
  // Each member is an event of its own.
  for (const member of members) audit(world, request.caller, 'Add member to group', group, member);
}

function tooMany(): Error {
  return badRequest('Too many relationships in one request: at most 20.');
}

function references(world: World, body: Properties, relation: 'members' | 'owners'): Entry[] {
  const addresses = listOf(body, `${relation}@odata.bind`);
  return addresses.map((address) => findReference(world, address, 400));
}

const forbiddenInNickname = /[@()\\[\]";:<>, ]|[^\u0020-\u007e]/;

function checkValues(body: Properties): void {
  const name = textOf(body, 'displayName');
  if (name !== undefined && (name === '' || name.length > 256)) throw invalidValue('displayName', 'Group');
  const nickname = textOf(body, 'mailNickname');
  if (
    nickname !== undefined &&
    (nickname === '' || nickname.length > 64 || forbiddenInNickname.test(nickname))
  ) {
    throw invalidValue('mailNickname', 'Group');
  }
  if (body['mailEnabled'] === true) {
    throw badRequest(
      'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
    );
  }
}
