import { isObject, type JsonObject, listAt, objectAt, stringAt } from './json.ts';
import { type ResourceKind, resourceName } from './kinds.ts';
import type { KubeObject } from './objects.ts';

/** Sets what is missing, in place. */
function fill(target: JsonObject, values: JsonObject): void {
  for (const [key, value] of Object.entries(values)) if (target[key] === undefined) target[key] = value;
}

/**
 * What the API server adds to an object before it stores it, in place: the defaults that clients compare or that the
 * controllers here read.
 */
export function setDefaults(kind: ResourceKind, object: KubeObject): void {
  defaulters[resourceName(kind)]?.(object);
}

const defaulters: Record<string, (object: KubeObject) => void> = {
  secrets: defaultSecret,
  'deployments.apps': defaultDeployment,
  'replicasets.apps': (object) => {
    object.spec ??= {};
    fill(object.spec, { replicas: 1 });
    defaultPodSpec(objectAt(object.spec, 'template', 'spec'), 'Always');
  },
  pods: (object) => defaultPodSpec(objectAt(object, 'spec'), 'Always'),
  'jobs.batch': (object) => {
    object.spec ??= {};
    fill(object.spec, { backoffLimit: 6, completions: 1, parallelism: 1, suspend: false });
    defaultPodSpec(objectAt(object.spec, 'template', 'spec'), 'Never');
  },
  services: defaultService,
  namespaces: (object) => {
    object.metadata.labels = {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    };
    object.spec ??= { finalizers: ['kubernetes'] };
    object.status ??= { phase: 'Active' };
  },
  persistentvolumeclaims: (object) => {
    object.status = { ...object.status, phase: 'Bound' };
  },
  'rolebindings.rbac.authorization.k8s.io': defaultBinding,
  'clusterrolebindings.rbac.authorization.k8s.io': defaultBinding,
  'customresourcedefinitions.apiextensions.k8s.io': defaultDefinition,
};

function defaultSecret(secret: KubeObject): void {
  secret.type ??= 'Opaque';
  if (!isObject(secret.stringData)) return;
  const data = secret.data ?? {};
  for (const [key, text] of Object.entries(secret.stringData)) {
    data[key] = Buffer.from(String(text)).toString('base64');
  }
  secret.data = data;
  delete secret.stringData;
}

function defaultDeployment(deployment: KubeObject): void {
  deployment.spec ??= {};
  fill(deployment.spec, {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: {},
  });
  const strategy = objectAt(deployment.spec, 'strategy');
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate') {
    fill(strategy, { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } });
  }
  defaultPodSpec(objectAt(deployment.spec, 'template', 'spec'), 'Always');
}

function defaultPodSpec(spec: JsonObject, restartPolicy: string): void {
  fill(spec, {
    restartPolicy,
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
  });
  const account = stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount');
  if (account) fill(spec, { serviceAccountName: account, serviceAccount: account });
  for (const container of [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')]) {
    if (isObject(container)) defaultContainer(container);
  }
  for (const volume of listAt(spec, 'volumes')) {
    for (const source of ['secret', 'configMap', 'projected']) {
      const details = objectAt(volume, source);
      if (Object.keys(details).length > 0) fill(details, { defaultMode: 420 });
    }
  }
}

function defaultContainer(container: JsonObject): void {
  const image = stringAt(container, 'image');
  const latest = image.endsWith(':latest') || !/:[^/]+$/.test(image);
  fill(container, {
    imagePullPolicy: latest ? 'Always' : 'IfNotPresent',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  for (const port of listAt(container, 'ports')) if (isObject(port)) fill(port, { protocol: 'TCP' });
}

function defaultService(service: KubeObject): void {
  service.spec ??= {};
  const address = `10.96.${Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`;
  fill(service.spec, { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster' });
  if (service.spec['type'] !== 'ExternalName') fill(service.spec, { clusterIP: address });
  for (const port of listAt(service.spec, 'ports')) {
    if (isObject(port)) fill(port, { protocol: 'TCP', targetPort: port['port'] });
  }
  service.status ??= { loadBalancer: {} };
}

function defaultBinding(binding: KubeObject): void {
  const group = 'rbac.authorization.k8s.io';
  if (isObject(binding.roleRef)) fill(binding.roleRef, { apiGroup: group });
  for (const subject of listAt(binding, 'subjects')) {
    if (isObject(subject) && subject['kind'] !== 'ServiceAccount') fill(subject, { apiGroup: group });
  }
}

function defaultDefinition(definition: KubeObject): void {
  const condition = (type: string) => ({ type, status: 'True', reason: 'InitialNamesAccepted', message: '' });
  definition.status = {
    conditions: [condition('NamesAccepted'), condition('Established')],
    acceptedNames: objectAt(definition, 'spec', 'names'),
    storedVersions: listAt(definition, 'spec', 'versions').map((version) => stringAt(version, 'name')),
  };
}
