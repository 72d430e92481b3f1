import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ApiFault, type Faults, isLostAnswer, type LostAnswer, type Refusal } from './faults.ts';
import { isJson, type Json, text } from './json.ts';
import { lacking, type Method, no, ok } from './method.ts';
import { chatMethods } from './methods-chat.ts';
import { fileMethods } from './methods-files.ts';
import { peopleMethods } from './methods-people.ts';
import { viewMethods } from './methods-views.ts';
import { workspaceMethods } from './methods-workspace.ts';
import { RateLimits } from './rate-limits.ts';
import type { World } from './world.ts';

const METHODS: Record<string, Method> = {
  ...chatMethods,
  ...fileMethods,
  ...peopleMethods,
  ...viewMethods,
  ...workspaceMethods,
};

/** Serves `/api/:method` as Slack does: token, scopes, rate limits, then the method itself. */
export function serveWebApi(server: FastifyInstance, world: World, faults: Faults): void {
  const limits = new RateLimits(world.knobs);
  server.route<{ Params: { method: string } }>({
    method: ['GET', 'POST'],
    url: '/api/:method',
    handler: async (request, reply) => {
      const { method } = request.params;
      const args = argumentsOf(request);
      world.traffic.add('from_app', 'web_api', method, args);
      reply.header('x-oauth-scopes', world.app.scopes.join(','));
      reply.header('x-accepted-oauth-scopes', (METHODS[method]?.scopes ?? []).join(','));
      const mishap = faults.take(method) ?? tooMany(limits, method, args);
      if (mishap !== undefined && !isLostAnswer(mishap)) return suffer(reply, mishap);
      const answer = await call(method, tokenOf(request), args, world);
      world.traffic.add('to_app', 'web_api', method, answer);
      return mishap === undefined ? answer : lose(reply, mishap, answer);
    },
  });
}

async function call(method: string, token: string, args: Json, world: World): Promise<Json> {
  if (token === '') return no('not_authed');
  const { botToken, appToken, scopes } = world.app;
  if (token !== botToken && token !== appToken) return no('invalid_auth');
  if (method === 'apps.connections.open') return openConnection(token, world);
  if (token !== botToken) return no('not_allowed_token_type');
  const known = METHODS[method];
  if (known === undefined) return no('unknown_method');
  return lacking(known.scopes, scopes) ?? (await known.run(args, world));
}

function openConnection(token: string, world: World): Json {
  if (token !== world.app.appToken) return no('not_allowed_token_type');
  if (world.app.mode !== 'socket') return no('forbidden_for_http_mode');
  const address = world.url.replace(/^http/, 'ws');
  return ok({ url: `${address}/link/?ticket=${world.sockets.issueTicket()}&app_id=${world.app.appId}` });
}

function tooMany(limits: RateLimits, method: string, args: Json): ApiFault | undefined {
  const retryAfterSeconds = limits.wait(method, text(args['channel']));
  return retryAfterSeconds === undefined ? undefined : { kind: 'rate-limited', retryAfterSeconds };
}

function lose(reply: FastifyReply, { kind }: LostAnswer, answer: Json): unknown {
  if (kind === 'done-but-a-page') return reply.type('text/html').send('<html>Sign in to the proxy</html>');
  reply.hijack();
  const { raw } = reply;
  if (kind === 'done-but-cut') return raw.destroy();
  const body = JSON.stringify(answer);
  raw.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  return raw.write(body.slice(0, body.length / 2), () => raw.destroy());
}

function suffer(reply: FastifyReply, mishap: Refusal): unknown {
  switch (mishap.kind) {
    case 'status':
      return reply.code(mishap.status).send('Something went wrong');
    case 'rate-limited':
      return reply.code(429).header('retry-after', String(mishap.retryAfterSeconds)).send(no('ratelimited'));
    case 'error':
      return reply.send(no(mishap.error));
    case 'silence':
      return reply.hijack();
  }
}

function argumentsOf(request: FastifyRequest): Json {
  const body = isJson(request.body) ? request.body : {};
  const query = isJson(request.query) ? request.query : {};
  return Object.fromEntries(Object.entries({ ...query, ...body }).filter(([name]) => name !== 'token'));
}

function tokenOf(request: FastifyRequest): string {
  const header = request.headers.authorization ?? '';
  if (header.startsWith('Bearer ')) return header.slice('Bearer '.length);
  return isJson(request.body) ? text(request.body['token']) : '';
}
