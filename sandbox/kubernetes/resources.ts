import type { Catalog } from './catalog.ts';
import { forbidEscalation } from './escalation.ts';
import { orphanDependents } from './garbage.ts';
import { isObject, type JsonObject, listAt, objectAt, stringAt } from './json.ts';
import { apiVersionOf, type ResourceKind, resourceName, reviewKinds } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import { jsonPatch, mergePatch } from './patch.ts';
import type { Authorizer } from './rbac.ts';
import type { DeleteOptions, Registry, WriteOptions } from './registry.ts';
import { mediaType, readObject, readPatch } from './request-body.ts';
import { isTrue, type ResourcePath, requestVerb } from './request-info.ts';
import { answerReview } from './reviews.ts';
import { matcherOf } from './selectors.ts';
import {
  badRequest,
  expired,
  forbidden,
  modified,
  noSuchPath,
  StatusError,
  unsupportedMediaType,
} from './status-error.ts';
import type { ObjectStore } from './store.ts';
import { strategicMergePatch } from './strategic-patch.ts';
import type { TokenBook, User } from './users.ts';

/** A request for a resource, authenticated and read. */
export interface ResourceRequest {
  method: string;
  path: ResourcePath;
  query: URLSearchParams;
  contentType: string | undefined;
  accept: string;
  userAgent: string;
  body: Buffer;
  user: User;
}

export interface Answer {
  status: number;
  body: unknown;
}

export interface Cluster {
  store: ObjectStore;
  catalog: Catalog;
  registry: Registry;
  authorizer: Authorizer;
  tokens: TokenBook;
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/**
 * The kind a path is about, once the user may do this with it.
 * @throws StatusError 403 first, so that nobody learns what exists; then 404 for a resource that is not served.
 */
export function authorizeResource(cluster: Cluster, request: ResourceRequest): ResourceKind {
  const { path, user } = request;
  const verb = requestVerb(request.method, path, request.query);
  const { allowed, reason } = cluster.authorizer.resource(user, {
    verb,
    group: path.group,
    resource: path.plural,
    ...(path.subresource ? { subresource: path.subresource } : {}),
    namespace: path.namespace,
    name: path.name,
  });
  if (!allowed) throw denied(request, verb, reason);
  const kind = cluster.catalog.find(path.group, path.version, path.plural);
  if (!kind) throw noSuchPath();
  return kind;
}

function denied(request: ResourceRequest, verb: string, reason: string): StatusError {
  const { path, user } = request;
  const resource = path.subresource ? `${path.plural}/${path.subresource}` : path.plural;
  const scope = path.namespace ? `in the namespace "${path.namespace}"` : 'at the cluster scope';
  const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${path.group}" ${scope}${reason ? `: ${reason}` : ''}`;
  return forbidden({ plural: path.plural, group: path.group } as ResourceKind, path.name, why);
}

/** Does what a request other than a watch or a log asks for. */
export function serveResource(cluster: Cluster, kind: ResourceKind, request: ResourceRequest): Answer {
  const { method, path } = request;
  if (reviewKinds.includes(kind)) {
    if (method !== 'POST') throw methodNotAllowed();
    const review = readObject(request.body, request.contentType);
    return { status: 201, body: answerReview(kind, review, { ...cluster, user: request.user }) };
  }
  if (path.subresource && !kind.subresources.includes(path.subresource)) throw noSuchPath();
  if (path.subresource === 'token') return issueToken(cluster, request);
  const ask = { cluster, kind, request, namespace: kind.namespaced ? path.namespace : '' };
  if (path.subresource === 'scale') return scale(ask);
  switch (method) {
    case 'GET':
      return { status: 200, body: path.name ? get(ask) : list(ask) };
    case 'POST':
      return create(ask);
    case 'PUT':
      return update(ask);
    case 'PATCH':
      return patch(ask);
    case 'DELETE':
      return path.name ? remove(ask) : removeAll(ask);
    default:
      throw methodNotAllowed();
  }
}

interface Ask {
  cluster: Cluster;
  kind: ResourceKind;
  request: ResourceRequest;
  namespace: string;
}

function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );
}

function served(kind: ResourceKind, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersionOf(kind) };
}

function get({ cluster, kind, request, namespace }: Ask): KubeObject {
  return served(kind, cluster.registry.get(kind, namespace, request.path.name));
}

function list({ cluster, kind, request, namespace }: Ask): JsonObject {
  const { query } = request;
  const matches = matcherOf(query);
  const keyOf = (object: KubeObject) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const after = continuedFrom(query.get('continue'));
  const all = cluster.store
    .list(resourceName(kind), namespace)
    .filter((object) => matches(object) && keyOf(object) > after);
  const limit = Number(query.get('limit') ?? '0') || all.length;
  const page = all.slice(0, limit);
  const last = page.at(-1);
  const rest = all.length - page.length;
  const more = last && rest > 0 ? { continue: continueToken(keyOf(last)), remainingItemCount: rest } : {};
  const form = METADATA_ALONE.test(request.accept)
    ? {
        kind: 'PartialObjectMetadataList',
        apiVersion: META,
        items: page.length > 0 ? page.map(metadataAlone) : null,
      }
    : {
        kind: `${kind.kind}List`,
        apiVersion: apiVersionOf(kind),
        items: page.map((object) => served(kind, object)),
      };
  return { ...form, metadata: { resourceVersion: String(cluster.store.revision), ...more } };
}

// https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
const METADATA_ALONE = /^application\/json;as=PartialObjectMetadataList;v=v1;g=meta\.k8s\.io(?:,|$)/;
const META = 'meta.k8s.io/v1';

function metadataAlone({ metadata }: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: META, metadata };
}

function continueToken(key: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', start: key })).toString('base64url');
}

function continuedFrom(token: string | null): string {
  if (!token) return '';
  try {
    return stringAt(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')), 'start');
  } catch {
    throw expired('The provided continue parameter is too old or not valid');
  }
}

/** Dry run, field manager and the checks that need to know who asks. */
function writeOptions({ cluster, kind, request }: Ask): WriteOptions {
  const { query, path, user } = request;
  return {
    manager: query.get('fieldManager') || (request.userAgent.split('/', 1)[0] ?? '') || 'unknown',
    dryRun: isDryRun(query.getAll('dryRun')),
    ...(path.subresource && path.subresource !== 'finalize' ? { subresource: path.subresource } : {}),
    permit: (object, previous) => forbidEscalation(cluster.authorizer, user, kind, object, previous),
  };
}

function isDryRun(values: readonly unknown[]): boolean {
  if (values.some((value) => value !== 'All')) {
    throw badRequest(`Invalid value: ${JSON.stringify(values)}: dryRun must be "All"`);
  }
  return values.length > 0;
}

function create(ask: Ask): Answer {
  const { cluster, kind, request, namespace } = ask;
  if (request.path.name) throw methodNotAllowed();
  if (kind.namespaced && !namespace) {
    throw badRequest('an empty namespace may not be set during creation');
  }
  const body = readObject(request.body, request.contentType);
  const object = cluster.registry.create(kind, namespace, body, writeOptions(ask));
  return { status: 201, body: served(kind, object) };
}

function update(ask: Ask): Answer {
  const { cluster, kind, request, namespace } = ask;
  const body = readObject(request.body, request.contentType);
  const object = cluster.registry.replace(kind, namespace, request.path.name, body, writeOptions(ask));
  return { status: 200, body: served(kind, object) };
}

function patch(ask: Ask): Answer {
  const { cluster, kind, request, namespace } = ask;
  const type = mediaType(request.contentType);
  const accepted = Object.values(patchTypes).filter((one) => kind.builtIn || one !== patchTypes.strategic);
  if (!accepted.includes(type)) throw unsupportedMediaType(accepted);
  const document = readPatch(request.body, type);
  const { name } = request.path;
  if (type === patchTypes.apply) return apply(ask, document);
  const previous = cluster.registry.get(kind, namespace, name);
  const next = patched(previous, type, document);
  if (!isObject(next)) throw badRequest('the patch does not leave an object');
  const version = stringAt(next, 'metadata', 'resourceVersion');
  if (version && version !== previous.metadata.resourceVersion) throw modified(kind, name);
  const object = cluster.registry.replace(kind, namespace, name, next, writeOptions(ask));
  return { status: 200, body: served(kind, object) };
}

function patched(previous: KubeObject, type: string, document: unknown): unknown {
  if (type === patchTypes.json) return jsonPatch(previous, document);
  if (!isObject(document)) throw badRequest('the patch is not an object');
  const base = structuredClone(previous);
  return type === patchTypes.merge ? mergePatch(base, document) : strategicMergePatch(base, document);
}

function apply(ask: Ask, document: unknown): Answer {
  const { cluster, kind, request, namespace } = ask;
  const { name } = request.path;
  if (!isObject(document)) throw badRequest('the configuration to apply is not an object');
  if (!request.query.get('fieldManager')) {
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  }
  if (!document['apiVersion'] || !document['kind']) {
    throw badRequest('invalid object type: /, Kind=: apiVersion and kind are required to apply');
  }
  const exists = cluster.store.get(resourceName(kind), namespace, name) !== undefined;
  if (!exists) requireCreate(ask);
  const force = isTrue(request.query.get('force'));
  const object = cluster.registry.apply(kind, namespace, name, document, { ...writeOptions(ask), force });
  return { status: exists ? 200 : 201, body: served(kind, object) };
}

/** Applying something new is creating it. */
function requireCreate({ cluster, request }: Ask): void {
  const { path, user } = request;
  const wanted = { verb: 'create', group: path.group, resource: path.plural, namespace: path.namespace };
  const { allowed, reason } = cluster.authorizer.resource(user, { ...wanted, name: path.name });
  if (!allowed) throw denied(request, 'create', reason);
}

function deleteOptions(request: ResourceRequest): DeleteOptions {
  const body = readObject(request.body, request.contentType);
  const propagation =
    request.query.get('propagationPolicy') ??
    (stringAt(body, 'propagationPolicy') || (body['orphanDependents'] === true ? 'Orphan' : ''));
  return {
    dryRun: isDryRun([...request.query.getAll('dryRun'), ...listAt(body, 'dryRun')]),
    propagation,
    preconditions: objectAt(body, 'preconditions'),
  };
}

function remove({ cluster, kind, request, namespace }: Ask): Answer {
  const { name } = request.path;
  const options = deleteOptions(request);
  if (options.propagation === 'Orphan' && !options.dryRun) {
    orphanDependents(cluster, cluster.registry.get(kind, namespace, name).metadata.uid ?? '');
  }
  const object = cluster.registry.delete(kind, namespace, name, options);
  if (object.metadata.deletionTimestamp) return { status: 200, body: served(kind, object) };
  const details = {
    name,
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.plural,
    uid: object.metadata.uid,
  };
  return {
    status: 200,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details },
  };
}

function removeAll(ask: Ask): Answer {
  const { cluster, kind, request, namespace } = ask;
  const options = deleteOptions(request);
  const matches = matcherOf(request.query);
  const body = list(ask);
  for (const object of cluster.store.list(resourceName(kind), namespace).filter(matches)) {
    cluster.registry.delete(kind, object.metadata.namespace ?? '', object.metadata.name, options);
  }
  return { status: 200, body };
}

function scale(ask: Ask): Answer {
  const { cluster, kind, request, namespace } = ask;
  const { name } = request.path;
  let object = cluster.registry.get(kind, namespace, name);
  if (request.method !== 'GET') {
    const change =
      request.method === 'PUT'
        ? readObject(request.body, request.contentType)
        : readPatch(request.body, mediaType(request.contentType));
    const next = structuredClone(object);
    next.spec = { ...next.spec, replicas: objectAt(change, 'spec')['replicas'] };
    object = cluster.registry.replace(kind, namespace, name, next, writeOptions(ask));
  }
  const { resourceVersion, uid } = object.metadata;
  const body = {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion },
    spec: { replicas: object.spec?.['replicas'] },
    status: { replicas: objectAt(object, 'status')['replicas'] ?? 0 },
  };
  return { status: 200, body };
}

function issueToken({ registry, tokens, catalog }: Cluster, request: ResourceRequest): Answer {
  const { namespace, name } = request.path;
  const kind = catalog.find('', 'v1', 'serviceaccounts');
  if (!kind || request.method !== 'POST') throw methodNotAllowed();
  registry.get(kind, namespace, name);
  const spec = objectAt(readObject(request.body, request.contentType), 'spec');
  const seconds = Number(spec['expirationSeconds'] ?? 3600);
  const expirationTimestamp = new Date(Date.now() + seconds * 1000).toISOString();
  const token = tokens.issue(`system:serviceaccount:${namespace}:${name}`);
  const body = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace },
    spec,
    status: { token, expirationTimestamp },
  };
  return { status: 201, body };
}
