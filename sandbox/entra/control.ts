import type { FastifyInstance } from 'fastify';
import { isProperties } from './directory.ts';
import type { Knobs } from './knobs.ts';
import type { World } from './world.ts';

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Turning the knobs, and looking at the tenant, from outside the process. Answers this machine only. */
export async function controlRoutes(app: FastifyInstance, world: World): Promise<void> {
  app.addHook('onRequest', async (request, reply) => {
    if (!loopback.has(request.ip)) return await reply.code(403).send({ error: 'This machine only.' });
    return undefined;
  });

  app.post('/knobs', (request, reply) => {
    const unknown = Object.keys(isProperties(request.body) ? request.body : {}).find(
      (name) => !(name in world.knobs),
    );
    if (unknown) return reply.code(400).send({ error: `There is no knob '${unknown}'.` });
    Object.assign(world.knobs, request.body as Partial<Knobs>);
    return world.knobs;
  });

  app.get('/state', () => {
    const { directory } = world;
    const objects = [...directory.entries.values()].map((entry) => ({
      kind: entry.kind,
      id: entry.id,
      ...entry.properties,
      owners: [...entry.owners],
      members: [...entry.members],
    }));
    const { assignments, signIns, audits, tenantId } = directory;
    const deleted = [...directory.deleted.keys()];
    return { tenantId, knobs: world.knobs, objects, deleted, assignments, signIns, audits };
  });
}
