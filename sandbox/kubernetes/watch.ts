import type { ServerResponse } from 'node:http';
import { apiVersionOf, type ResourceKind, resourceName } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import { isTrue } from './request-info.ts';
import { type Matcher, matcherOf } from './selectors.ts';
import { expired, invalid } from './status-error.ts';
import type { ObjectStore, StoreEvent } from './store.ts';

export interface WatchRequest {
  kind: ResourceKind;
  namespace: string;
  /** '' unless one object is watched by its path. */
  name: string;
  query: URLSearchParams;
}

const bookmarkMs = 10_000;

/**
 * Streams changes until the client leaves or `timeoutSeconds` have passed: first what exists already (without a
 * resourceVersion, or as the initial events of a streaming list), then what changes.
 * @throws StatusError 422 for `sendInitialEvents` without its companion.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function watch(store: ObjectStore, request: WatchRequest, response: ServerResponse): void {
  const { kind, namespace, query } = request;
  const initial = isTrue(query.get('sendInitialEvents'));
  if (initial && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw invalid({ ...kind, group: 'meta.k8s.io', kind: 'ListOptions', plural: '' }, '', [
      {
        reason: 'FieldValueForbidden',
        message: 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
        field: 'resourceVersionMatch',
      },
    ]);
  }
  const matches = matcherFor(request);
  const from = Number(query.get('resourceVersion') ?? '0') || 0;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
  const bookmark = (annotations?: Record<string, string>) =>
    send('BOOKMARK', bookmarkOf(kind, store.revision, annotations));

  if (initial || from === 0) {
    for (const object of store.list(resourceName(kind), namespace)) {
      if (matches(object)) send('ADDED', versioned(kind, object));
    }
    if (initial) bookmark({ 'k8s.io/initial-events-end': 'true' });
  } else if (!replay(store, request, matches, from, send)) {
    response.end();
    return;
  }
  follow(store, request, response, (event) => forward(kind, event, matches, send), bookmark);
}

function matcherFor(request: WatchRequest): Matcher {
  const selected = matcherOf(request.query);
  const { name } = request;
  return (object) => (name === '' || object.metadata.name === name) && selected(object);
}

type Send = (type: string, object: unknown) => void;

function replay(
  store: ObjectStore,
  request: WatchRequest,
  matches: Matcher,
  from: number,
  send: Send,
): boolean {
  const events = store.eventsAfter(from);
  if (!events) {
    send('ERROR', expired(`too old resource version: ${from} (${store.revision})`).toStatus());
    return false;
  }
  for (const event of events) if (concerns(event, request)) forward(request.kind, event, matches, send);
  return true;
}

function follow(
  store: ObjectStore,
  request: WatchRequest,
  response: ServerResponse,
  onEvent: (event: StoreEvent) => void,
  bookmark: () => void,
): void {
  const unsubscribe = store.subscribe((event) => {
    if (concerns(event, request)) onEvent(event);
  });
  const bookmarks = isTrue(request.query.get('allowWatchBookmarks'));
  const ticker = bookmarks ? setInterval(bookmark, bookmarkMs).unref() : undefined;
  const seconds = Number(request.query.get('timeoutSeconds') ?? '0');
  const limit = setTimeout(
    () => {
      if (bookmarks) bookmark();
      response.end();
    },
    (seconds > 0 ? seconds : 1800) * 1000,
  ).unref();
  response.on('close', () => {
    unsubscribe();
    clearInterval(ticker);
    clearTimeout(limit);
  });
}

function concerns(event: StoreEvent, request: WatchRequest): boolean {
  if (event.resource !== resourceName(request.kind)) return false;
  return (
    request.namespace === '' ||
    !request.kind.namespaced ||
    event.object.metadata.namespace === request.namespace
  );
}

/** An object that comes into a selector is ADDED for its watchers, one that leaves it DELETED. */
function forward(kind: ResourceKind, event: StoreEvent, matches: Matcher, send: Send): void {
  const now = event.type !== 'DELETED' && matches(event.object);
  const before = event.previous !== undefined && matches(event.previous);
  const object = versioned(kind, event.object);
  if (now) send(before ? 'MODIFIED' : 'ADDED', object);
  else if (before) send('DELETED', object);
}

function versioned(kind: ResourceKind, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersionOf(kind) };
}

function bookmarkOf(kind: ResourceKind, revision: number, annotations?: Record<string, string>): unknown {
  const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) };
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
}
