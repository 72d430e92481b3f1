import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { createClock } from './clock.ts';
import { controlRoutes } from './control.ts';
import { Directory } from './directory.ts';
import { graphRoutes } from './graph/graph.ts';
import { rewriteAlternateKey } from './graph/rewrite.ts';
import { defaultKnobs, type Knobs } from './knobs.ts';
import { plant } from './plant.ts';
import { openPortal, type Portal } from './portal.ts';
import { type Exchange, type LoggedRequest, logRequests } from './request-log.ts';
import type { EntraSeed } from './seed.ts';
import { createSignIn } from './sts/sign-in.ts';
import { createSigningKey } from './sts/signing-key.ts';
import { stsRoutes } from './sts/sts.ts';
import type { World } from './world.ts';

export interface EntraOptions {
  /** 0 or missing: any free one. */
  port?: number;
  /** PEM, for `localhost`. */
  tls: { key: string; cert: string };
  tenantId?: string;
  seed: EntraSeed;
  knobs?: Partial<Knobs>;
  now?: () => Date;
  /** Sees every exchange in full. For contract tests. */
  record?: (exchange: Exchange) => void;
}

/** A tenant that runs. */
export interface Entra {
  /** `https://localhost:PORT`. */
  readonly url: string;
  readonly loginUrl: string;
  readonly graphUrl: string;
  readonly tenantId: string;
  readonly directory: Directory;
  /** Change these at any time. */
  readonly knobs: Knobs;
  readonly requestLog: LoggedRequest[];
  /** For what people do by hand. */
  readonly portal: Portal;
  close(): Promise<void>;
}

/** Starts a tenant with token service, sign-in pages and Graph, over HTTPS on the loopback address. */
export async function startEntra(options: EntraOptions): Promise<Entra> {
  const knobs = defaultKnobs(options.knobs);
  const clock = createClock(knobs, options.now);
  const directory = new Directory(options.tenantId ?? randomUUID(), clock, knobs);
  const world: World = {
    directory,
    knobs,
    clock,
    seed: options.seed,
    signingKey: await createSigningKey(),
    url: '',
  };
  plant(world);

  const requestLog: LoggedRequest[] = [];
  const signIn = createSignIn(world);
  const app = createServer(options.tls);
  logRequests(app, requestLog, options.record);
  await app.register((scope) => controlRoutes(scope, world), { prefix: '/_control' });
  await app.register((scope) => graphRoutes(scope, world), { prefix: '/v1.0' });
  await app.register((scope) => stsRoutes(scope, { world, signIn }));
  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  // The certificate names localhost, and so do redirect URIs in examples: the address people see is that one.
  world.url = `https://localhost:${(app.server.address() as AddressInfo).port}`;
  return {
    url: world.url,
    loginUrl: world.url,
    graphUrl: world.url,
    tenantId: directory.tenantId,
    directory,
    knobs,
    requestLog,
    portal: openPortal(world),
    close: () => app.close(),
  };
}

function createServer(tls: { key: string; cert: string }): FastifyInstance {
  const app = fastify({
    https: tls,
    forceCloseConnections: true,
    genReqId: () => randomUUID(),
    rewriteUrl: (request) => {
      // Logs and next links show the address as the client wrote it.
      Object.assign(request, { originalUrl: request.url });
      return rewriteAlternateKey(request.url ?? '/');
    },
    routerOptions: { maxParamLength: 600, ignoreDuplicateSlashes: true },
  });
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    },
  );
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    // Clients may send an empty body with a JSON content type, for actions that take no arguments.
    if (body === '') return done(null, undefined);
    try {
      done(null, JSON.parse(String(body)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
    return undefined;
  });
  return app as unknown as FastifyInstance;
}
