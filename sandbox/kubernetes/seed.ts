import type { JsonObject } from './json.ts';
import { builtInKind } from './kinds.ts';
import type { Registry } from './registry.ts';

const group = 'rbac.authorization.k8s.io';
const manager = { manager: 'kube-apiserver' };
const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const paths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
];
const versionPaths = ['/version', '/version/'];
const namespacedResources = [
  { apiGroups: [''], resources: ['configmaps', 'endpoints', 'events', 'persistentvolumeclaims', 'pods'] },
  { apiGroups: [''], resources: ['pods/log', 'pods/status', 'serviceaccounts', 'services'] },
  { apiGroups: ['apps'], resources: ['*'] },
  { apiGroups: ['batch'], resources: ['*'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'networkpolicies'] },
];
const secrets = { apiGroups: [''], resources: ['secrets'] };

/**
 * What a cluster holds before anybody uses it: namespaces, a node, and the default roles.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
 */
export function seed(registry: Registry): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    registry.create(builtInKind('namespaces'), '', { metadata: { name } }, manager);
  }
  registry.create(builtInKind('nodes'), '', { metadata: { name: 'sandbox' } }, manager);
  for (const [name, rules] of Object.entries(clusterRoles())) {
    registry.create(builtInKind(`clusterroles.${group}`), '', { metadata: metadata(name), rules }, manager);
  }
  for (const [name, subject] of [
    ['cluster-admin', 'system:masters'],
    ['system:discovery', 'system:authenticated'],
    ['system:basic-user', 'system:authenticated'],
    ['system:public-info-viewer', 'system:authenticated'],
  ] as const) {
    const body: JsonObject = {
      metadata: metadata(name),
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: group, kind: 'Group', name: subject }],
    };
    registry.create(builtInKind(`clusterrolebindings.${group}`), '', body, manager);
  }
}

function metadata(name: string): JsonObject {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

function clusterRoles(): Record<string, JsonObject[]> {
  const withVerbs = (verbs: string[]) => namespacedResources.map((rule) => ({ ...rule, verbs }));
  const edit = [...withVerbs([...read, ...write]), { ...secrets, verbs: [...read, ...write] }];
  const namespaces = { apiGroups: [''], resources: ['namespaces'], verbs: read };
  const roles = { apiGroups: [group], resources: ['roles', 'rolebindings'], verbs: [...read, ...write] };
  const ask = {
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
    verbs: ['create'],
  };
  const self = {
    apiGroups: ['authentication.k8s.io'],
    resources: ['selfsubjectreviews'],
    verbs: ['create'],
  };
  return {
    'cluster-admin': [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ],
    admin: [...edit, namespaces, roles],
    edit: [...edit, namespaces],
    view: [...withVerbs(read), namespaces],
    'system:discovery': [{ nonResourceURLs: [...paths, ...versionPaths], verbs: ['get'] }],
    'system:public-info-viewer': [
      { nonResourceURLs: ['/healthz', '/livez', ...versionPaths], verbs: ['get'] },
    ],
    'system:basic-user': [ask, self],
    'system:auth-delegator': [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ],
  };
}
