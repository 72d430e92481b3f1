import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Entry, objectOf, type Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { checkApplication, checkPlatforms } from './application-rules.ts';
import { audit } from './audit.ts';
import { requireAny, requireRight } from './caller.ts';
import { checkBody, requireValues } from './check-body.ts';
import { defaults } from './defaults.ts';
import { find, requireUnique } from './lookup.ts';
import { changeApplication, createApplications, readApplications } from './permissions.ts';
import { writable } from './shapes.ts';
import { list, single } from './show.ts';
import { patch } from './upsert.ts';

interface ApplicationPath {
  Params: { application: string };
}

/** App registrations. @see https://learn.microsoft.com/graph/api/resources/application */
export function applicationRoutes(app: FastifyInstance, world: World): void {
  app.get('/applications', (request) => {
    requireAny(request.caller, readApplications);
    return list(world, request, 'application', world.directory.visible('application'));
  });

  app.post('/applications', (request, reply) => {
    const body = checkBody(request.body, writable.application, 'Application');
    return reply.code(201).send(single(world, request, create(world, request, body)));
  });

  app.get<ApplicationPath>('/applications/:application', (request) => {
    requireAny(request.caller, readApplications);
    return single(world, request, find(world, 'application', request.params.application));
  });

  app.patch<ApplicationPath>('/applications/:application', (request, reply) =>
    patch(world, request, reply, request.params.application, {
      kind: 'application',
      upsertBy: 'uniqueName',
      create,
      change,
    }),
  );

  app.delete<ApplicationPath>('/applications/:application', (request, reply) => {
    const entry = find(world, 'application', request.params.application);
    requireRight(request.caller, changeApplication, entry);
    const principal = world.directory.servicePrincipal(String(entry.properties['appId']));
    world.directory.softDelete(entry);
    // The enterprise application goes with its registration, into the deleted items too.
    if (principal) world.directory.softDelete(principal);
    audit(world, request.caller, 'Delete application', entry);
    return reply.code(204).send();
  });
}

function create(world: World, request: FastifyRequest, body: Properties): Entry {
  requireAny(request.caller, createApplications);
  requireValues(body, ['displayName'], 'application');
  checkApplication(body);
  requireUnique(world, 'application', 'uniqueName', body['uniqueName']);
  const properties = merged(defaults.application, body);
  checkPlatforms(properties);
  const entry = world.directory.add('application', { ...properties, appId: randomUUID() });
  entry.owners.add(request.caller.servicePrincipalId);
  audit(world, request.caller, 'Add application', entry);
  return entry;
}

function change(world: World, request: FastifyRequest, entry: Entry, body: Properties): void {
  requireRight(request.caller, changeApplication, entry);
  checkApplication(body);
  requireUnique(world, 'application', 'uniqueName', body['uniqueName'], entry);
  const after = merged(entry.properties, body);
  checkPlatforms(after);
  entry.properties = after;
  audit(world, request.caller, 'Update application', entry);
}

/** A patch replaces collections whole but merges `web`, `api`, `spa` and the like property by property. */
function merged(before: Properties, changes: Properties): Properties {
  const after: Properties = { ...before, ...changes };
  for (const name of ['web', 'api', 'spa', 'publicClient', 'info']) {
    if (changes[name]) after[name] = { ...objectOf(before, name), ...objectOf(changes, name) };
  }
  const grant = objectOf(objectOf(changes, 'web'), 'implicitGrantSettings');
  if (Object.keys(grant).length > 0) {
    const old = objectOf(objectOf(before, 'web'), 'implicitGrantSettings');
    after['web'] = { ...objectOf(after, 'web'), implicitGrantSettings: { ...old, ...grant } };
  }
  return after;
}
