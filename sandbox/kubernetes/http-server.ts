import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { discovery, issuerDocument, versionInfo } from './discovery.ts';
import type { Faults } from './faults.ts';
import type { ResourceKind } from './kinds.ts';
import { openApiDocument, openApiRoot } from './openapi.ts';
import { type PodLogs, podLog } from './pod-logs.ts';
import { requestVerb, resourcePath } from './request-info.ts';
import type { LoggedRequest, RequestLog } from './request-log.ts';
import {
  type Answer,
  authorizeResource,
  type Cluster,
  type ResourceRequest,
  serveResource,
} from './resources.ts';
import { forbidden, noSuchPath, StatusError, unauthorized } from './status-error.ts';
import { bearerToken, impersonation, type User } from './users.ts';
import { watch } from './watch.ts';

export interface ServerParts {
  cluster: Cluster;
  faults: Faults;
  requestLog: RequestLog;
  podLogs: PodLogs;
}

/** Answers one HTTP request; whatever goes wrong goes out as a `Status`. */
export async function handle(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (parts.faults.isAway) {
    request.socket.destroy();
    return;
  }
  const url = new URL(request.url ?? '/', 'https://127.0.0.1');
  const entry = logEntry(request, url);
  parts.requestLog.entries.push(entry);
  response.on('finish', () => {
    entry.status = response.statusCode;
  });
  try {
    await serve(parts, request, response, url, entry);
  } catch (error) {
    const status = error instanceof StatusError ? error : internalError(error);
    send(response, status.code, status.toStatus());
  }
}

function internalError(error: unknown): StatusError {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new StatusError(500, 'InternalError', `Internal error occurred: ${text}`);
}

function logEntry(request: IncomingMessage, url: URL): LoggedRequest {
  return {
    at: new Date(),
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.search.slice(1),
    user: '',
    userAgent: request.headers['user-agent'] ?? '',
    contentType: request.headers['content-type'] ?? '',
    status: 0,
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  if (typeof body === 'string') {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function serve(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  entry: LoggedRequest,
): Promise<void> {
  const body = await readBody(request);
  const user = authenticate(parts.cluster, request);
  entry.user = user.name;
  if (await faulted(parts.faults, request, response, user)) return;
  const path = resourcePath(url.pathname);
  if (!path) {
    send(response, 200, servePath(parts.cluster, entry.method, url.pathname, user));
    return;
  }
  const ask: ResourceRequest = {
    method: entry.method,
    path,
    query: url.searchParams,
    contentType: request.headers['content-type'],
    accept: request.headers.accept ?? '',
    userAgent: entry.userAgent,
    body,
    user,
  };
  const kind = authorizeResource(parts.cluster, ask);
  const answer = serveStream(parts, kind, ask, response) ?? serveResource(parts.cluster, kind, ask);
  if (answer !== 'streaming') send(response, answer.status, answer.body);
}

function serveStream(
  parts: ServerParts,
  kind: ResourceKind,
  ask: ResourceRequest,
  response: ServerResponse,
): 'streaming' | Answer | undefined {
  const { method, path, query } = ask;
  if (requestVerb(method, path, query) === 'watch') {
    const namespace = kind.namespaced ? path.namespace : '';
    watch(parts.cluster.store, { kind, namespace, name: path.name, query }, response);
    return 'streaming';
  }
  if (method !== 'GET' || path.subresource !== 'log') return undefined;
  podLog(parts.podLogs, parts.cluster.registry.get(kind, path.namespace, path.name), query, response);
  return 'streaming';
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function authenticate({ tokens, authorizer }: Cluster, request: IncomingMessage): User {
  const token = bearerToken(request.headers);
  const user = token === undefined ? undefined : tokens.userOf(token);
  if (!user) throw unauthorized();
  const other = impersonation(request.headers);
  if (!other) return user;
  const wanted = [
    { plural: 'users', name: other.user.name },
    ...other.groups.map((name) => ({ plural: 'groups', name })),
  ];
  for (const { plural, name } of wanted) {
    const attributes = { verb: 'impersonate', group: '', resource: plural, namespace: '', name };
    if (authorizer.resource(user, attributes).allowed) continue;
    const why = `User "${user.name}" cannot impersonate resource "${plural}" in API group "" at the cluster scope`;
    throw forbidden({ plural, group: '' } as ResourceKind, name, why);
  }
  return other.user;
}

/** True if a fault has answered instead. */
async function faulted(
  faults: Faults,
  request: IncomingMessage,
  response: ServerResponse,
  user: User,
): Promise<boolean> {
  const rule = faults.take({ method: request.method ?? '', url: request.url ?? '', user: user.name });
  if (!rule) return false;
  if (rule.delayMs) await delay(rule.delayMs, undefined, { ref: false });
  if (rule.drop) {
    request.socket.destroy();
    return true;
  }
  if (!rule.answer) return false;
  for (const [name, value] of Object.entries(rule.answer.headers ?? {})) response.setHeader(name, value);
  const text = new StatusError(rule.answer.status, 'InternalError', 'a fault of the sandbox').toStatus();
  send(response, rule.answer.status, rule.answer.body ?? text);
  return true;
}

function servePath(cluster: Cluster, method: string, path: string, user: User): unknown {
  const { allowed } = cluster.authorizer.path(user, { verb: method.toLowerCase(), path });
  if (!allowed) {
    const message = `forbidden: User "${user.name}" cannot ${method.toLowerCase()} path "${path}"`;
    throw new StatusError(403, 'Forbidden', message, {});
  }
  const kinds = cluster.catalog.kinds();
  if (path === '/version' || path === '/version/') return versionInfo;
  if (path === '/.well-known/openid-configuration') return issuerDocument;
  if (['/healthz', '/livez', '/readyz'].includes(path)) return 'ok';
  if (path === '/openapi/v3') return openApiRoot(kinds);
  const found = path.startsWith('/openapi/v3/')
    ? openApiDocument(kinds, path.slice('/openapi/v3/'.length))
    : /^\/apis?(\/|$)/.test(path) && discovery(kinds, path);
  if (!found) throw noSuchPath();
  return found;
}
