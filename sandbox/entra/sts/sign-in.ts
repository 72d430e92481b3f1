import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type Provider from 'oidc-provider';
import type { World } from '../world.ts';
import { authenticateClient, findClient } from './authenticate-client.ts';
import { checkAuthorize, refusalAddress, refuseAuthorize } from './authorize-checks.ts';
import type { Form } from './form.ts';
import { formRequest } from './form-request.ts';
import { loginRoutes } from './login.ts';
import { troublePage } from './pages.ts';
import { checkPlatform } from './platforms.ts';
import { createProvider } from './provider.ts';
import { StsProblem } from './sts-problem.ts';

/** The browser sign-in. The provider is made on first use, because its issuer holds the port. */
export interface SignIn {
  provider(): Provider;
  /** Turns an authorization code into tokens. Raises Entra's refusals. */
  redeem(request: FastifyRequest, reply: FastifyReply, form: Form): Promise<FastifyReply>;
}

export function createSignIn(world: World): SignIn {
  let made: Provider | undefined;
  const provider = () => {
    made ??= createProvider(world);
    return made;
  };
  return {
    provider,
    async redeem(request, reply, form) {
      const application = findClient(world, form);
      checkPlatform(application, form['redirect_uri'], request.headers.origin !== undefined);
      await authenticateClient(world, application, form);
      const {
        client_secret: _secret,
        client_assertion: _assertion,
        client_assertion_type: _type,
        ...rest
      } = form;
      reply.hijack();
      await provider().callback()(formRequest(request.raw, rest), reply.raw);
      return reply;
    },
  };
}

/** `authorize`, `logout` and the pages between them. */
export function signInRoutes(app: FastifyInstance, world: World, signIn: SignIn): void {
  const tenant = '/:tenant/oauth2/v2.0';
  const forward = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    const form = request.method === 'POST' ? (request.body as Form) : undefined;
    const raw = form ? formRequest(request.raw, form) : request.raw;
    await signIn.provider().callback()(raw, reply.raw);
  };

  app.route({
    method: ['GET', 'POST'],
    url: `${tenant}/authorize`,
    handler: async (request, reply) => {
      const query = (request.method === 'POST' ? request.body : request.query) as Form;
      try {
        checkAuthorize(world, query);
      } catch (error) {
        if (!(error instanceof StsProblem)) throw error;
        return await reply.code(400).type('text/html').send(troublePage(error.message, world.clock.now()));
      }
      const refusal = refuseAuthorize(world, query);
      if (refusal) return await reply.redirect(refusalAddress(query, refusal));
      return await forward(request, reply);
    },
  });
  app.get(`${tenant}/authorize/:uid`, forward);
  app.route({ method: ['GET', 'POST'], url: `${tenant}/logout`, handler: forward });
  app.route({ method: ['GET', 'POST'], url: `${tenant}/logout/*`, handler: forward });
  app.route({ method: ['GET', 'POST'], url: '/oidc/userinfo', handler: forward });
  loginRoutes(app, world, signIn.provider);
}
