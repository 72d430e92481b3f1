import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ClusterAccess } from './cluster-access.ts';
import { attemptCookie, clearCookie, cookieOf, sessionCookie, setCookie } from './cookies.ts';
import { dashboardPage, directPage, failedPage, plainPage, tokenPage } from './pages.ts';
import { allRights, type Rights, rightsOf } from './rights.ts';
import type { SessionClaims } from './session-token.ts';
import type { SignInService } from './sign-in-service.ts';

export interface GatewayOptions {
  tls: { key: string; cert: string };
  cluster: ClusterAccess;
  namespace: string;
  release: string;
  /** The sign-in service that runs now, or undefined while there is none. */
  current(): SignInService | undefined;
}

const attemptSeconds = 600;

/** K10's way in: everything below `/<release>/`, or the path of its Ingress, with 503 while nobody is there to answer. */
export function createGateway(options: GatewayOptions): FastifyInstance {
  const { release, current } = options;
  const app = fastify({
    https: options.tls,
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }) => underRelease(url, release, current()?.path ?? release),
  });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  const base = `/${release}`;
  const routes = new GatewayRoutes(options);
  const served =
    (answer: (service: SignInService, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      reply.header('cache-control', 'no-store');
      const service = current();
      if (service) return await answer(service, request, reply);
      const page = plainPage(
        'K10 is starting',
        'The sign-in service is not there yet. Try again in a moment.',
      );
      return await reply.code(503).header('retry-after', '1').type('text/html').send(page);
    };

  app.get(base, async (_request, reply) => await reply.redirect(`/${current()?.path ?? release}/`));
  app.get(
    `${base}/`,
    served((service, request, reply) => routes.dashboard(service, request, reply)),
  );
  app.get(
    `${base}/whoami.json`,
    served((service, request, reply) => routes.whoAmI(service, request, reply)),
  );
  app.get(
    `${base}/auth-svc/v0/oidc/redirect`,
    served((service, request, reply) => routes.comeBack(service, request, reply)),
  );
  app.post(
    `${base}/auth-svc/v0/token`,
    served((service, request, reply) => routes.takeToken(service, request, reply)),
  );
  app.get(
    `${base}/auth-svc/v0/logout`,
    served((service, _request, reply) => routes.signOut(service, reply)),
  );
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .type('text/html')
      .send(plainPage('Not found', `K10 is at /${current()?.path ?? release}/.`)),
  );
  return app as unknown as FastifyInstance;
}

// The routes are those of the release's name; with a path of its own K10 is there, and nowhere else.
function underRelease(url: string, release: string, path: string): string {
  if (path === release) return url;
  const isBelow = (base: string): boolean =>
    ['', '/', '?'].some((next) => (next === '' ? url === `/${base}` : url.startsWith(`/${base}${next}`)));
  if (isBelow(path)) return `/${release}${url.slice(path.length + 1)}`;
  return isBelow(release) ? '/not-here' : url;
}

/** What the gateway answers, once somebody is there to answer. */
class GatewayRoutes {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  get #base(): string {
    const { current, release } = this.#options;
    return `/${current()?.path ?? release}/`;
  }

  async dashboard(service: SignInService, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { cluster, namespace } = this.#options;
    reply.type('text/html');
    if (service.mode === 'direct') return directPage(await allRights(cluster, namespace));
    const who = this.#visitor(service, request);
    if (!who) return await this.#askToSignIn(service, reply);
    return dashboardPage(who, await this.#rights(who), `${this.#base}auth-svc/v0/logout`);
  }

  async whoAmI(service: SignInService, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { cluster, namespace } = this.#options;
    if (service.mode === 'direct') {
      return answerOf('direct', undefined, await allRights(cluster, namespace));
    }
    const who = this.#visitor(service, request);
    if (!who) return await reply.code(401).send({ mode: service.mode, error: 'Nobody is signed in.' });
    return answerOf(service.mode, who, await this.#rights(who));
  }

  async comeBack(service: SignInService, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (!service.flow) return await this.#refuse(reply, 'Sign-in with OpenID Connect is not switched on.');
    const query = request.url.slice(request.url.indexOf('?'));
    const attempt = cookieOf(request.headers.cookie, attemptCookie);
    try {
      return await this.#welcome(service, await service.flow.finish(query, attempt), reply);
    } catch (error) {
      return await this.#refuse(reply, error instanceof Error ? error.message : String(error));
    }
  }

  async takeToken(service: SignInService, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (service.mode !== 'token')
      return await this.#refuse(reply, 'Sign-in with a token is not switched on.');
    const { token = '' } = (request.body ?? {}) as { token?: string };
    const who = await this.#options.cluster.holderOf(token.trim());
    if (who) return await this.#welcome(service, who, reply);
    const page = tokenPage(this.#tokenAction(), 'The cluster does not know this token.');
    return await reply.code(401).type('text/html').send(page);
  }

  async signOut(service: SignInService, reply: FastifyReply): Promise<unknown> {
    reply.header('set-cookie', clearCookie(sessionCookie, this.#base));
    if (service.logoutUrl) return await reply.redirect(service.logoutUrl);
    return await reply.type('text/html').send(plainPage('Signed out', 'You have left K10.'));
  }

  #visitor(service: SignInService, request: FastifyRequest): SessionClaims | undefined {
    return service.sessions.read(cookieOf(request.headers.cookie, sessionCookie));
  }

  #rights(who: SessionClaims): Promise<Rights> {
    return rightsOf(this.#options.cluster, who, this.#options.namespace);
  }

  async #askToSignIn(service: SignInService, reply: FastifyReply): Promise<unknown> {
    if (service.flow) {
      const { url, attempt } = await service.flow.begin();
      const cookie = { name: attemptCookie, value: attempt, path: this.#base, seconds: attemptSeconds };
      return await reply.header('set-cookie', setCookie(cookie)).redirect(url.href);
    }
    if (service.mode === 'token') return tokenPage(this.#tokenAction());
    const how = service.mode === 'basic' ? 'a user name and a password' : 'LDAP or OpenShift';
    return await reply
      .code(401)
      .send(plainPage('Sign in', `K10 wants ${how} here, which the sandbox does not play.`));
  }

  async #welcome(service: SignInService, who: SessionClaims, reply: FastifyReply): Promise<unknown> {
    const value = service.sessions.issue(who, service.sessionSeconds);
    if (!value) {
      return await this.#refuse(
        reply,
        `The session token for ${who.groups.length} groups is larger than 4 KB and was dropped.`,
      );
    }
    const cookie = { name: sessionCookie, value, path: this.#base, seconds: service.sessionSeconds };
    return await reply
      .header('set-cookie', [setCookie(cookie), clearCookie(attemptCookie, this.#base)])
      .redirect(this.#base, 303);
  }

  async #refuse(reply: FastifyReply, problem: string): Promise<unknown> {
    return await reply.code(401).type('text/html').send(failedPage(problem, this.#base));
  }

  #tokenAction(): string {
    return `${this.#base}auth-svc/v0/token`;
  }
}

function answerOf(mode: string, who: SessionClaims | undefined, rights: Rights): Record<string, unknown> {
  const allowed = Object.fromEntries(rights.actions.map(({ id, allowed }) => [id, allowed]));
  return {
    mode,
    user: who?.user ?? null,
    groups: who?.groups ?? [],
    rights: allowed,
    applications: rights.applications,
  };
}
