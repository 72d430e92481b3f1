import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';
import { requireAny } from './caller.ts';
import { readAuditLogs, readDirectoryAudits } from './permissions.ts';
import { GraphProblem } from './problem.ts';
import { page, readQuery } from './query.ts';

const maxPage = 1000;

/** Sign-in and audit logs, newest first. @see https://learn.microsoft.com/graph/api/signin-list */
export function logRoutes(app: FastifyInstance, world: World): void {
  app.get('/auditLogs/signIns', (request) => {
    requireAny(request.caller, readAuditLogs);
    if (!world.knobs.premiumLicence) {
      throw new GraphProblem(
        403,
        'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
        "Neither tenant is B2C or tenant doesn't have premium license",
      );
    }
    const query = readQuery(request, maxPage);
    return page(request, world.url, 'auditLogs/signIns', world.directory.signIns, query, undefined, maxPage);
  });

  app.get('/auditLogs/directoryAudits', (request) => {
    requireAny(request.caller, readDirectoryAudits);
    const query = readQuery(request, maxPage);
    return page(
      request,
      world.url,
      'auditLogs/directoryAudits',
      world.directory.audits,
      query,
      undefined,
      maxPage,
    );
  });
}
