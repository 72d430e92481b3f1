import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { World } from '../world.ts';
import { clientCredentials } from './client-credentials.ts';
import type { Form } from './form.ts';
import { discovery } from './metadata.ts';
import { type SignIn, signInRoutes } from './sign-in.ts';
import { StsProblem, sendStsProblem } from './sts-problem.ts';

interface TenantPath {
  Params: { tenant: string };
}

/** The token service: discovery, keys, tokens, and the browser sign-in. */
export async function stsRoutes(
  app: FastifyInstance,
  options: { world: World; signIn: SignIn },
): Promise<void> {
  const { world, signIn } = options;
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof StsProblem) return sendStsProblem(reply, error, world.clock);
    throw error;
  });

  app.get<TenantPath>('/:tenant/v2.0/.well-known/openid-configuration', (request) => {
    requireTenant(world, request);
    return discovery(world);
  });

  app.get<TenantPath>('/:tenant/discovery/v2.0/keys', (request) => {
    requireTenant(world, request);
    return {
      keys: [{ ...world.signingKey.publicJwk, issuer: `${world.url}/${world.directory.tenantId}/v2.0` }],
    };
  });

  app.post<TenantPath>('/:tenant/oauth2/v2.0/token', async (request, reply) => {
    requireTenant(world, request);
    const form = readForm(request);
    if (form['grant_type'] === 'client_credentials') {
      const answer = await clientCredentials(world, form);
      return reply.header('cache-control', 'no-store').send(answer);
    }
    if (form['grant_type'] === 'authorization_code') return await signIn.redeem(request, reply, form);
    throw new StsProblem(
      70003,
      'unsupported_grant_type',
      `The app requested an unsupported grant type '${form['grant_type'] ?? ''}'.`,
    );
  });

  signInRoutes(app, world, signIn);
}

/** Raises 90002 for a tenant that is not the sandbox's. */
function requireTenant(world: World, request: FastifyRequest<TenantPath>): void {
  const { tenant } = request.params;
  if (tenant.toLowerCase() === world.directory.tenantId) return;
  throw new StsProblem(
    90002,
    'invalid_request',
    `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
  );
}

/** The form of a token request; a client that sends its secret by HTTP Basic is read as if it were in the form. */
function readForm(request: FastifyRequest): Form {
  const form = { ...(request.body as Form | undefined) };
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (!basic) return form;
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':').map(decodeForm);
  return { ...form, client_id: form['client_id'] ?? id, client_secret: secret };
}

function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
