/** What a path is about, see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export interface ResourcePath {
  group: string;
  version: string;
  plural: string;
  /** '' for cluster-scoped objects and for all namespaces. */
  namespace: string;
  /** '' for a collection. */
  name: string;
  /** '' for the object itself. */
  subresource: string;
}

/** Takes a path apart; undefined if it is no resource (discovery, health, version, ...). */
export function resourcePath(path: string): ResourcePath | undefined {
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : (parts.shift() ?? '');
  const version = parts.shift() ?? '';
  if (parts.length === 0) return undefined;
  // `/namespaces/x` and its status are the Namespace itself, anything longer lies in it.
  const nested = parts[0] === 'namespaces' && parts.length > 2 && !isNamespacePart(parts[2]);
  const namespace = nested ? (parts[1] ?? '') : '';
  const [plural = '', name = '', subresource = ''] = nested ? parts.slice(2) : parts;
  const owner = plural === 'namespaces' && !nested ? name : namespace;
  return { group, version, plural, namespace: owner, name, subresource };
}

function isNamespacePart(part: string | undefined): boolean {
  return part === 'status' || part === 'finalize';
}

/** The verb RBAC knows for a request. */
export function requestVerb(method: string, path: ResourcePath, query: URLSearchParams): string {
  const collection = path.name === '';
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete';
    default:
      if (isTrue(query.get('watch'))) return 'watch';
      return collection ? 'list' : 'get';
  }
}

/** Go's reading of a boolean in a query. */
export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}
