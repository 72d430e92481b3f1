/** How one kind of object is served: its names, its scope and its subresources. */
export interface ResourceKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  namespaced: boolean;
  subresources: string[];
  /** Custom resources know no strategic merge patch and no keyed lists. */
  builtIn: boolean;
  /** Kinds that count changes of their specification. */
  counted: boolean;
}

interface Extra {
  short?: string[];
  cluster?: boolean;
  sub?: string[];
  counted?: boolean;
}

function builtIn(groupVersion: string, kind: string, plural: string, extra: Extra = {}): ResourceKind {
  const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return {
    group: group ?? '',
    version: version ?? '',
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: extra.short ?? [],
    namespaced: !extra.cluster,
    subresources: extra.sub ?? [],
    builtIn: true,
    counted: extra.counted ?? false,
  };
}

const rbac = 'rbac.authorization.k8s.io/v1';
const workload = { sub: ['status', 'scale'], counted: true };
const withStatus = { sub: ['status'], counted: true };

/** The kinds every cluster has, as far as a Helm chart of K10's sort needs them. */
export const builtInKinds: readonly ResourceKind[] = [
  builtIn('v1', 'Namespace', 'namespaces', { short: ['ns'], cluster: true, sub: ['status', 'finalize'] }),
  builtIn('v1', 'Secret', 'secrets'),
  builtIn('v1', 'ConfigMap', 'configmaps', { short: ['cm'] }),
  builtIn('v1', 'Service', 'services', { short: ['svc'], sub: ['status'] }),
  builtIn('v1', 'ServiceAccount', 'serviceaccounts', { short: ['sa'], sub: ['token'] }),
  builtIn('v1', 'Pod', 'pods', { short: ['po'], sub: ['status', 'log'], counted: true }),
  builtIn('v1', 'Event', 'events', { short: ['ev'] }),
  builtIn('v1', 'Endpoints', 'endpoints', { short: ['ep'] }),
  builtIn('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { short: ['pvc'], sub: ['status'] }),
  builtIn('v1', 'PersistentVolume', 'persistentvolumes', { short: ['pv'], cluster: true, sub: ['status'] }),
  builtIn('v1', 'Node', 'nodes', { short: ['no'], cluster: true, sub: ['status'] }),
  builtIn('v1', 'ResourceQuota', 'resourcequotas', { short: ['quota'], sub: ['status'] }),
  builtIn('v1', 'LimitRange', 'limitranges', { short: ['limits'] }),
  builtIn('apps/v1', 'Deployment', 'deployments', { short: ['deploy'], ...workload }),
  builtIn('apps/v1', 'ReplicaSet', 'replicasets', { short: ['rs'], ...workload }),
  builtIn('apps/v1', 'StatefulSet', 'statefulsets', { short: ['sts'], ...workload }),
  builtIn('apps/v1', 'DaemonSet', 'daemonsets', { short: ['ds'], ...withStatus }),
  builtIn('batch/v1', 'Job', 'jobs', withStatus),
  builtIn('batch/v1', 'CronJob', 'cronjobs', { short: ['cj'], ...withStatus }),
  builtIn('networking.k8s.io/v1', 'Ingress', 'ingresses', { short: ['ing'], ...withStatus }),
  builtIn('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', { short: ['netpol'], counted: true }),
  builtIn('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', { cluster: true, counted: true }),
  builtIn('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { short: ['pdb'], ...withStatus }),
  builtIn(rbac, 'Role', 'roles'),
  builtIn(rbac, 'ClusterRole', 'clusterroles', { cluster: true }),
  builtIn(rbac, 'RoleBinding', 'rolebindings'),
  builtIn(rbac, 'ClusterRoleBinding', 'clusterrolebindings', { cluster: true }),
  builtIn('coordination.k8s.io/v1', 'Lease', 'leases'),
  builtIn('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { short: ['sc'], cluster: true }),
  builtIn('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { short: ['pc'], cluster: true }),
  builtIn('apiregistration.k8s.io/v1', 'APIService', 'apiservices', { cluster: true, sub: ['status'] }),
  builtIn('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    short: ['crd', 'crds'],
    cluster: true,
    sub: ['status'],
    counted: true,
  }),
];

/** Kinds that are only asked, never stored. */
export const reviewKinds: readonly ResourceKind[] = [
  builtIn('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', { cluster: true }),
  builtIn('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', {
    cluster: true,
  }),
  builtIn('authorization.k8s.io/v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', { cluster: true }),
  builtIn('authorization.k8s.io/v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews'),
  builtIn('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', { cluster: true }),
  builtIn('authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', { cluster: true }),
];

/** `v1` or `group/version`, as in an object's apiVersion. */
export function apiVersionOf(kind: ResourceKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** `secrets` or `deployments.apps`: how the store and Kubernetes' error messages call a resource. */
export function resourceName(kind: ResourceKind): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
}

/** `Secret` or `Deployment.apps`, as in messages about invalid objects. */
export function qualifiedKind(kind: ResourceKind): string {
  return kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
}

/**
 * The built-in kind with this resource name.
 * @throws Error when there is none: a mistake in the sandbox itself.
 */
export function builtInKind(resource: string): ResourceKind {
  const found = builtInKinds.find((kind) => resourceName(kind) === resource);
  if (!found) throw new Error(`there is no built-in resource ${resource}`);
  return found;
}
