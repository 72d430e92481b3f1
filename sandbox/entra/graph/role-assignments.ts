import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { graphTime } from '../clock.ts';
import { type AppRoleAssignment, type Entry, isProperties, listOf, textOf } from '../directory.ts';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { hasAny, requireAny } from './caller.ts';
import { checkBody, requireValues } from './check-body.ts';
import { typeName } from './defaults.ts';
import { find } from './lookup.ts';
import { assignRoles, assignRolesAlso, readApplications, readGroupAssignments } from './permissions.ts';
import { badRequest, denied, notFound } from './problem.ts';
import { page, readQuery } from './query.ts';

interface AssignmentPath {
  Params: { principal: string; assignment: string };
}

const noRole = '00000000-0000-0000-0000-000000000000';

/** Who is assigned to an enterprise application. @see https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto */
export function roleAssignmentRoutes(app: FastifyInstance, world: World): void {
  const path = '/servicePrincipals/:principal/appRoleAssignedTo';

  app.get<AssignmentPath>(path, (request) => {
    requireAny(request.caller, readApplications);
    const resource = find(world, 'servicePrincipal', request.params.principal);
    const items = world.directory.assignments.filter((one) => one.resourceId === resource.id);
    return assignmentsPage(request, world, items);
  });

  app.post<AssignmentPath>(path, (request, reply) => {
    requireAny(request.caller, assignRoles);
    if (!hasAny(request.caller, assignRolesAlso)) throw denied();
    const resource = find(world, 'servicePrincipal', request.params.principal);
    const shape = { principalId: 'guid', resourceId: 'guid', appRoleId: 'guid' } as const;
    const body = checkBody(request.body, shape, 'AppRoleAssignment');
    requireValues(body, ['principalId', 'resourceId', 'appRoleId'], 'servicePrincipal');
    if (body['resourceId'] !== resource.id)
      throw badRequest('The resourceId must be the ID of the service principal in the path.');
    const principal = world.directory.entries.get(String(body['principalId']));
    if (!principal || !world.directory.isVisible(principal))
      throw badRequest('Not a valid reference update.');
    const assignment = assign(world, principal, resource, String(body['appRoleId']));
    audit(world, request.caller, 'Add app role assignment grant', resource, principal);
    return reply.code(201).send({ ...assignment, deletedDateTime: null });
  });

  // The same assignments from the other end: what this service principal itself may do elsewhere.
  app.get<AssignmentPath>('/servicePrincipals/:principal/appRoleAssignments', (request) => {
    requireAny(request.caller, readApplications);
    const principal = find(world, 'servicePrincipal', request.params.principal);
    const items = world.directory.assignments.filter((one) => one.principalId === principal.id);
    return assignmentsPage(request, world, items);
  });

  // https://learn.microsoft.com/graph/api/group-list-approleassignments
  app.get<{ Params: { group: string } }>('/groups/:group/appRoleAssignments', (request) => {
    requireAny(request.caller, readGroupAssignments);
    const group = find(world, 'group', request.params.group);
    const items = world.directory.assignments.filter((one) => one.principalId === group.id);
    return assignmentsPage(request, world, items);
  });

  app.delete<AssignmentPath>(`${path}/:assignment`, (request, reply) => {
    requireAny(request.caller, assignRoles);
    const resource = find(world, 'servicePrincipal', request.params.principal);
    const { assignments } = world.directory;
    const at = assignments.findIndex(
      (one) => one.id === request.params.assignment && one.resourceId === resource.id,
    );
    if (at < 0) throw notFound(request.params.assignment);
    assignments.splice(at, 1);
    audit(world, request.caller, 'Remove app role assignment', resource);
    return reply.code(204).send();
  });
}

function assign(world: World, principal: Entry, resource: Entry, appRoleId: string): AppRoleAssignment {
  const roles = listOf(resource.properties, 'appRoles').filter(isProperties);
  // The all-zero role means "no role", and counts only while the application declares none.
  const valid = roles.length === 0 ? appRoleId === noRole : roles.some((role) => role['id'] === appRoleId);
  if (!valid) throw badRequest('Permission being assigned was not found on application');
  const { assignments } = world.directory;
  const same = (one: AppRoleAssignment) =>
    one.principalId === principal.id && one.resourceId === resource.id && one.appRoleId === appRoleId;
  if (assignments.some(same)) {
    throw badRequest('Permission being assigned already exists on the object', [
      { code: 'InvalidUpdate', message: 'Permission being assigned already exists on the object' },
    ]);
  }
  const assignment: AppRoleAssignment = {
    id: randomBytes(32).toString('base64url'),
    appRoleId,
    createdDateTime: graphTime(world.clock.now()),
    principalId: principal.id,
    principalType: typeName(principal.kind),
    principalDisplayName: textOf(principal.properties, 'displayName') ?? '',
    resourceId: resource.id,
    resourceDisplayName: textOf(resource.properties, 'displayName') ?? '',
  };
  assignments.push(assignment);
  return assignment;
}

function assignmentsPage(
  request: FastifyRequest,
  { url }: World,
  assignments: readonly AppRoleAssignment[],
): object {
  const items = assignments.map((one) => ({ ...one, deletedDateTime: null }));
  return page(request, url, 'appRoleAssignments', items, readQuery(request));
}
