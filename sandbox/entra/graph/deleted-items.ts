import type { FastifyInstance } from 'fastify';
import type { Entry } from '../directory.ts';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { type Caller, requireAny, requireRight } from './caller.ts';
import { requireUnique } from './lookup.ts';
import { changeApplication, deleteGroup, readApplications, readGroups } from './permissions.ts';
import { notFound } from './problem.ts';
import { list, single } from './show.ts';

interface ItemPath {
  Params: { item: string };
}

/** The recycle bin of the directory. @see https://learn.microsoft.com/graph/api/directory-deleteditems-list */
export function deletedItemRoutes(app: FastifyInstance, world: World): void {
  const path = '/directory/deletedItems';
  const of = (kind: Entry['kind']) =>
    [...world.directory.deleted.values()].filter((one) => one.kind === kind);

  app.get(`${path}/microsoft.graph.application`, (request) => {
    requireAny(request.caller, readApplications);
    return list(world, request, 'application', of('application'));
  });
  app.get(`${path}/microsoft.graph.servicePrincipal`, (request) => {
    requireAny(request.caller, readApplications);
    return list(world, request, 'servicePrincipal', of('servicePrincipal'));
  });
  app.get(`${path}/microsoft.graph.group`, (request) => {
    requireAny(request.caller, readGroups);
    return list(world, request, 'group', of('group'));
  });

  app.get<ItemPath>(`${path}/:item`, (request) => {
    const entry = item(world, request.params.item);
    requireAny(request.caller, entry.kind === 'group' ? readGroups : readApplications);
    return single(world, request, entry);
  });

  app.delete<ItemPath>(`${path}/:item`, (request, reply) => {
    const entry = item(world, request.params.item);
    mayChange(request.caller, entry);
    world.directory.deleted.delete(entry.id);
    audit(world, request.caller, `Hard Delete ${entry.kind}`, entry);
    return reply.code(204).send();
  });

  app.post<ItemPath>(`${path}/:item/restore`, (request) => {
    const entry = item(world, request.params.item);
    mayChange(request.caller, entry);
    requireUnique(world, entry.kind, 'uniqueName', entry.properties['uniqueName']);
    delete entry.deletedDateTime;
    world.directory.deleted.delete(entry.id);
    world.directory.entries.set(entry.id, entry);
    audit(world, request.caller, `Restore ${entry.kind}`, entry);
    return single(world, request, entry);
  });
}

function item(world: World, id: string): Entry {
  const entry = world.directory.deleted.get(id);
  if (!entry) throw notFound(id);
  return entry;
}

function mayChange(caller: Caller, entry: Entry): void {
  requireRight(caller, entry.kind === 'group' ? deleteGroup : changeApplication, entry);
}
