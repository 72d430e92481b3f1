import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Entry, listOf, objectOf, type Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { hasAny, requireAny, requireRight } from './caller.ts';
import { checkBody, requireValues } from './check-body.ts';
import { find } from './lookup.ts';
import {
  changeApplication,
  createServicePrincipals,
  readApplications,
  readPermissionGrants,
} from './permissions.ts';
import { badRequest, denied, GraphProblem } from './problem.ts';
import { page, readQuery } from './query.ts';
import { writable } from './shapes.ts';
import { list, single } from './show.ts';
import { patch } from './upsert.ts';

interface PrincipalPath {
  Params: { principal: string };
}

/** Enterprise applications. @see https://learn.microsoft.com/graph/api/resources/serviceprincipal */
export function servicePrincipalRoutes(app: FastifyInstance, world: World): void {
  app.get('/servicePrincipals', (request) => {
    requireAny(request.caller, readApplications);
    return list(world, request, 'servicePrincipal', world.directory.visible('servicePrincipal'));
  });

  app.post('/servicePrincipals', (request, reply) => {
    const body = checkBody(request.body, writable.servicePrincipal, 'ServicePrincipal');
    return reply.code(201).send(single(world, request, create(world, request, body)));
  });

  app.get<PrincipalPath>('/servicePrincipals/:principal', (request) => {
    requireAny(request.caller, readApplications);
    return single(world, request, find(world, 'servicePrincipal', request.params.principal));
  });

  app.patch<PrincipalPath>('/servicePrincipals/:principal', (request, reply) =>
    patch(world, request, reply, request.params.principal, {
      kind: 'servicePrincipal',
      upsertBy: 'appId',
      create,
      change,
    }),
  );

  app.get<PrincipalPath>('/servicePrincipals/:principal/oauth2PermissionGrants', (request) => {
    requireAny(request.caller, readPermissionGrants);
    const { id } = find(world, 'servicePrincipal', request.params.principal);
    const items = world.directory.permissionGrants.filter(({ clientId }) => clientId === id);
    return page(
      request,
      world.url,
      'oauth2PermissionGrants',
      items.map((one) => ({ ...one })),
      readQuery(request),
    );
  });

  app.delete<PrincipalPath>('/servicePrincipals/:principal', (request, reply) => {
    const entry = find(world, 'servicePrincipal', request.params.principal);
    requireRight(request.caller, changeApplication, entry);
    world.directory.softDelete(entry);
    audit(world, request.caller, 'Remove service principal', entry);
    return reply.code(204).send();
  });
}

function create(world: World, request: FastifyRequest, body: Properties): Entry {
  requireAny(request.caller, createServicePrincipals);
  requireValues(body, ['appId'], 'servicePrincipal');
  const appId = String(body['appId']);
  const application = backing(world, request, appId);
  requireRight(request.caller, changeApplication, application);
  if (world.directory.servicePrincipal(appId)) {
    const message = `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`;
    throw new GraphProblem(409, 'Request_MultipleObjectsWithSameKeyValue', message, {
      details: [{ code: 'ObjectConflict', message, target: 'servicePrincipalNames' }],
    });
  }
  const entry = world.directory.add('servicePrincipal', { ...derived(world, application), ...body });
  entry.owners.add(request.caller.servicePrincipalId);
  audit(world, request.caller, 'Add service principal', entry);
  return entry;
}

function change(world: World, request: FastifyRequest, entry: Entry, body: Properties): void {
  requireRight(request.caller, changeApplication, entry);
  const { appId: _appId, ...properties } = body;
  entry.properties = { ...entry.properties, ...properties };
  audit(world, request.caller, 'Update service principal', entry);
}

/** What an enterprise application takes over from its registration. */
export function derived(world: World, application: Entry): Properties {
  const { appId, appRoles, displayName, signInAudience } = application.properties;
  const web = objectOf(application.properties, 'web');
  return {
    appDisplayName: displayName,
    appId,
    appOwnerOrganizationId: world.directory.tenantId,
    appRoles: appRoles ?? [],
    displayName,
    homepage: web['homePageUrl'] ?? null,
    replyUrls: listOf(web, 'redirectUris'),
    servicePrincipalNames: [appId],
    signInAudience: signInAudience ?? 'AzureADMyOrg',
  };
}

/** Right after its creation the registration is not seen here either, and the refusal is a misleading one. */
function backing(world: World, request: FastifyRequest, appId: string): Entry {
  const application = world.directory.application(appId);
  if (application && world.directory.isVisible(application)) return application;
  if (!hasAny(request.caller, ['Application.ReadWrite.All'])) {
    throw denied(
      'When using this permission, the backing application of the service principal being created must in the local tenant',
    );
  }
  const message = `The appId '${appId}' of the service principal does not reference a valid application object.`;
  throw badRequest(message, [{ code: 'NoBackingApplicationObject', message, target: 'appId' }]);
}
