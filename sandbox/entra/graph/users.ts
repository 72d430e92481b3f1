import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';
import { requireAny } from './caller.ts';
import { find } from './lookup.ts';
import { transitiveMemberOf } from './member-of.ts';
import { readUsers, readUsersFully } from './permissions.ts';
import { list, single } from './show.ts';

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
    return transitiveMemberOf(world, request, user);
  });
}
