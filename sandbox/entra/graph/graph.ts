import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { World } from '../world.ts';
import { applicationOwnerRoutes } from './application-owners.ts';
import { applicationRoutes } from './applications.ts';
import { batchRoute } from './batch.ts';
import { type Caller, readCaller } from './caller.ts';
import { deletedItemRoutes } from './deleted-items.ts';
import { createFaults } from './faults.ts';
import { federatedCredentialRoutes } from './federated-credentials.ts';
import { groupRoutes } from './groups.ts';
import { logRoutes } from './logs.ts';
import { memberRoutes } from './members.ts';
import { passwordRoutes } from './passwords.ts';
import { policyRoutes } from './policies.ts';
import { GraphProblem } from './problem.ts';
import { roleAssignmentRoutes } from './role-assignments.ts';
import { servicePrincipalRoutes } from './service-principals.ts';
import { userRoutes } from './users.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before any Graph route runs. */
    caller: Caller;
  }
}

const isBatch = (request: FastifyRequest) => request.url.startsWith('/v1.0/$batch');

/** Microsoft Graph v1.0, the part that deals with groups, applications and sign-in. To be registered under `/v1.0`. */
export async function graphRoutes(app: FastifyInstance, world: World): Promise<void> {
  const faults = createFaults(world.knobs);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('request-id', request.id);
    reply.header('client-request-id', request.headers['client-request-id'] ?? request.id);
    reply.header('x-ms-resource-unit', resourceUnits(request));
    request.caller = await readCaller(world, request.headers.authorization);
    // The parts of a batch fail one by one, the batch itself does not.
    if (!isBatch(request)) await faults(request.method);
  });
  app.setErrorHandler((error: FastifyError | GraphProblem, request, reply) => {
    const problem = error instanceof GraphProblem ? error : fromFramework(error);
    return reply
      .code(problem.status)
      .headers(problem.headers)
      .send(problem.body(world.clock.now(), request.id));
  });
  app.setNotFoundHandler((request) => {
    const segment = request.url.split('?')[0]?.split('/')[2] ?? '';
    throw new GraphProblem(404, 'BadRequest', `Resource not found for the segment '${segment}'.`);
  });
  groupRoutes(app, world);
  memberRoutes(app, world);
  userRoutes(app, world);
  applicationRoutes(app, world);
  applicationOwnerRoutes(app, world);
  passwordRoutes(app, world);
  federatedCredentialRoutes(app, world);
  servicePrincipalRoutes(app, world);
  roleAssignmentRoutes(app, world);
  deletedItemRoutes(app, world);
  logRoutes(app, world);
  policyRoutes(app, world);
  batchRoute(app);
}

function fromFramework(error: FastifyError): GraphProblem {
  const status = error.statusCode ?? 500;
  if (status < 500) return new GraphProblem(status, 'BadRequest', 'Unable to read JSON request payload.');
  return new GraphProblem(500, 'InternalServerError', error.stack ?? error.message);
}

/** What a request costs. @see https://learn.microsoft.com/graph/throttling-limits */
function resourceUnits(request: FastifyRequest): number {
  const query = request.query as Record<string, string | undefined>;
  const path = request.url.split('?')[0] ?? '';
  let units = /\/(users|applications)$/.test(path) ? 2 : 1;
  if (path.endsWith('/members')) units = 3;
  if (path.endsWith('/transitiveMembers')) units = 5;
  if (request.method !== 'GET') units += 1;
  if (query['$select']) units -= 1;
  if (query['$expand']) units += 1;
  if (query['$top'] && Number(query['$top']) < 20) units -= 1;
  return Math.max(units, 1);
}
