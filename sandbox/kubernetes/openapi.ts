import type { JsonObject } from './json.ts';
import { apiVersionOf, type ResourceKind } from './kinds.ts';

function pathOf(kind: ResourceKind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`;
}

/**
 * `/openapi/v3`: where the document of each group and version lies.
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3
 */
export function openApiRoot(kinds: readonly ResourceKind[]): JsonObject {
  const paths = [...new Set(kinds.map(pathOf))].sort();
  return {
    paths: Object.fromEntries(
      paths.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=SANDBOX` }]),
    ),
  };
}

/**
 * The document of one group and version (`api/v1`, `apis/apps/v1`), or undefined. It says which kinds there are and
 * that the server validates fields itself, which is what Helm and kubectl look for; it holds no schemas.
 */
export function openApiDocument(kinds: readonly ResourceKind[], path: string): JsonObject | undefined {
  const own = kinds.filter((kind) => pathOf(kind) === path);
  const [first] = own;
  if (!first) return undefined;
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.33.0' },
    paths: Object.fromEntries(own.map((kind) => [`/${path}${objectPath(kind)}`, operations(kind)])),
    components: { schemas: {} },
    'x-api-version': apiVersionOf(first),
  };
}

function objectPath(kind: ResourceKind): string {
  return `${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`;
}

function operations(kind: ResourceKind): JsonObject {
  const type = { group: kind.group, version: kind.version, kind: kind.kind };
  const text = (name: string) => ({ name, in: 'query', schema: { type: 'string' } });
  return {
    get: { 'x-kubernetes-action': 'get', 'x-kubernetes-group-version-kind': type, responses: {} },
    patch: {
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': type,
      parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(text),
      responses: {},
    },
  };
}
