import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';
import { audit } from './audit.ts';
import { requireAny, requireRight } from './caller.ts';
import { checkBody } from './check-body.ts';
import { find, findReference } from './lookup.ts';
import { addToRelation } from './members.ts';
import { changeApplication, changeApplicationOwners, readApplications } from './permissions.ts';
import { notFound } from './problem.ts';
import { page, readQuery } from './query.ts';
import { full, showMember } from './show.ts';

interface OwnedPath {
  Params: { object: string; owner: string };
}

/** Owners of app registrations and of service principals. @see https://learn.microsoft.com/graph/api/application-post-owners */
export function applicationOwnerRoutes(app: FastifyInstance, world: World): void {
  for (const kind of ['application', 'servicePrincipal'] as const) {
    const path = `/${kind}s/:object/owners`;
    app.get<OwnedPath>(path, (request) => {
      requireAny(request.caller, readApplications);
      const entry = find(world, kind, request.params.object);
      const owners = [...entry.owners].flatMap((id) => world.directory.entries.get(id) ?? []);
      const query = readQuery(request);
      const showOne = (item: Record<string, unknown>) => {
        const owner = world.directory.entries.get(String(item['id']));
        return owner ? showMember(owner, request.caller, query.select) : item;
      };
      return page(request, world.url, 'directoryObjects', owners.map(full), query, showOne);
    });
    app.post<OwnedPath>(`${path}/$ref`, (request, reply) => {
      const entry = find(world, kind, request.params.object);
      requireRight(request.caller, changeApplication, entry);
      requireAny(request.caller, changeApplicationOwners);
      const body = checkBody(request.body, { '@odata.id': 'string' }, 'ReferenceCreate');
      const owner = findReference(world, body['@odata.id'], 404);
      addToRelation(entry, 'owners', [owner]);
      audit(world, request.caller, `Add owner to ${kind}`, entry, owner);
      return reply.code(204).send();
    });
    app.delete<OwnedPath>(`${path}/:owner/$ref`, (request, reply) => {
      const entry = find(world, kind, request.params.object);
      requireRight(request.caller, changeApplication, entry);
      if (!entry.owners.delete(request.params.owner)) throw notFound(request.params.owner);
      audit(world, request.caller, `Remove owner from ${kind}`, entry);
      return reply.code(204).send();
    });
  }
}
