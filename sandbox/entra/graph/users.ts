import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';
import { hasAny, requireAny } from './caller.ts';
import { find } from './lookup.ts';
import { readGroups, readUsers, readUsersFully } from './permissions.ts';
import { page, readQuery } from './query.ts';
import { list, showMember, single } from './show.ts';

/** Users, read only. @see https://learn.microsoft.com/graph/api/user-list */
export function userRoutes(app: FastifyInstance, world: World): void {
  app.get('/users', (request) => {
    requireAny(request.caller, readUsers);
    return list(world, request, 'user', world.directory.visible('user'));
  });

  app.get<{ Params: { user: string } }>('/users/:user', (request) => {
    requireAny(request.caller, readUsers);
    return single(world, request, find(world, 'user', request.params.user));
  });

  app.get<{ Params: { user: string } }>('/users/:user/transitiveMemberOf', (request) => {
    requireAny(request.caller, readUsersFully);
    const user = find(world, 'user', request.params.user);
    const query = readQuery(request);
    const seesGroups = hasAny(request.caller, readGroups);
    const groups = [...world.directory.groupsOf(user.id)]
      .flatMap((id) => world.directory.entries.get(id) ?? [])
      .map((group) => {
        const shown = showMember(group, request.caller, query.select);
        // Those who may not read groups are shown nothing of them but which they are.
        return seesGroups ? shown : { '@odata.type': shown['@odata.type'], id: group.id };
      });
    return page(request, world.url, 'directoryObjects', groups, { ...query, select: undefined });
  });
}
