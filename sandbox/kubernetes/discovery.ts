import type { JsonObject } from './json.ts';
import { apiVersionOf, type ResourceKind, reviewKinds } from './kinds.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What `/version` says. */
export const versionInfo = {
  major: '1',
  minor: '33',
  emulationMajor: '1',
  emulationMinor: '33',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '32',
  gitVersion: 'v1.33.0',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2025-04-23T13:07:12Z',
  goVersion: 'go1.24.2',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const issuer = 'https://issuer.sandbox.example/prod-eu';

/**
 * Who issues the tokens of service accounts, by a public address as managed clusters have it.
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
 */
export const issuerDocument = {
  issuer,
  jwks_uri: `${issuer}/openid/v1/jwks`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
};

/**
 * The discovery document for `/api`, `/api/v1`, `/apis`, `/apis/G` or `/apis/G/V`; undefined if there is no such group.
 * Plain JSON only: clients that would like aggregated discovery fall back to it.
 * @see https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
export function discovery(kinds: readonly ResourceKind[], path: string): JsonObject | undefined {
  const [root, first = '', second = ''] = path.split('/').filter(Boolean);
  if (root === 'api') return first === '' ? coreVersions() : resourceList(kinds, '', first);
  if (first === '') {
    const groups = groupsOf(kinds).map((group) => groupEntry(kinds, group));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }
  if (second !== '') return resourceList(kinds, first, second);
  if (!groupsOf(kinds).includes(first)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(kinds, first) };
}

function coreVersions(): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }];
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs };
}

function groupsOf(kinds: readonly ResourceKind[]): string[] {
  return [...new Set(kinds.map((kind) => kind.group))].filter((group) => group !== '').sort();
}

function groupEntry(kinds: readonly ResourceKind[], group: string): JsonObject {
  const own = kinds.filter((kind) => kind.group === group);
  const versions = [...new Set(own.map((kind) => kind.version))].map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function resourceList(
  kinds: readonly ResourceKind[],
  group: string,
  version: string,
): JsonObject | undefined {
  const own = kinds.filter((kind) => kind.group === group && kind.version === version);
  const [first] = own;
  if (!first) return undefined;
  const resources = own.flatMap((kind) => [
    resource(kind),
    ...kind.subresources.map((sub) => part(kind, sub)),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(first), resources };
}

function resource(kind: ResourceKind): JsonObject {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: reviewKinds.includes(kind) ? ['create'] : verbs,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
  };
}

const partKinds: Record<string, JsonObject> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  log: { verbs: ['get'] },
};

function part(kind: ResourceKind, subresource: string): JsonObject {
  return {
    name: `${kind.plural}/${subresource}`,
    singularName: '',
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: ['get', 'patch', 'update'],
    ...partKinds[subresource],
  };
}
