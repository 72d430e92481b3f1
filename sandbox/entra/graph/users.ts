import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';
import { requireAny } from './caller.ts';
import { find } from './lookup.ts';
import { readUsers } from './permissions.ts';
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
}
