import {
  type Controller,
  type ControllerParts,
  ownerKey,
  recordEvent,
  updateStatus,
} from './controller-parts.ts';
import { type JsonObject, listAt, numberAt, objectAt, stringAt } from './json.ts';
import { builtInKind } from './kinds.ts';
import { controllerReference, isControlledBy, type KubeObject, randomSuffix } from './objects.ts';
import { WorkQueue } from './work-queue.ts';

const replicaSets = 'replicasets.apps';

/** Keeps as many pods as each ReplicaSet asks for. */
export function startReplicaSets(parts: ControllerParts): Controller {
  const { store } = parts;
  const queue = new WorkQueue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const set = store.get(replicaSets, namespace, name);
    if (set && !set.metadata.deletionTimestamp) reconcile(parts, set);
  });
  const unsubscribe = store.subscribe(({ resource, object, type }) => {
    const { namespace = '', name } = object.metadata;
    if (resource === replicaSets) queue.add(`${namespace}/${name}`);
    if (resource === 'serviceaccounts' && type === 'ADDED') {
      // A pod may have been refused because this account was missing.
      for (const set of store.list(replicaSets, namespace)) queue.add(`${namespace}/${set.metadata.name}`);
    }
    const owner = resource === 'pods' && ownerKey(object, 'ReplicaSet');
    if (owner) queue.add(owner);
  });
  return {
    stop: () => {
      unsubscribe();
      queue.stop();
    },
  };
}

function reconcile(parts: ControllerParts, set: KubeObject): void {
  const { store, registry } = parts;
  const { namespace = '', uid, generation } = set.metadata;
  const own = store.list('pods', namespace).filter((pod) => isControlledBy(pod, uid));
  // Of too many, those that are not ready go first: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset
  const alive = own
    .filter((pod) => !pod.metadata.deletionTimestamp)
    .toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)));
  const wanted = numberAt(1, set, 'spec', 'replicas');
  for (const pod of alive.slice(wanted)) registry.delete(builtInKind('pods'), namespace, pod.metadata.name);
  for (let missing = wanted - alive.length; missing > 0; missing--) {
    if (!createPod(parts, set, objectAt(set, 'spec', 'template'), 'replicaset-controller')) break;
  }
  const pods = store
    .list('pods', namespace)
    .filter((pod) => isControlledBy(pod, uid) && !pod.metadata.deletionTimestamp);
  const ready = pods.filter(isReady).length;
  const status: JsonObject = { replicas: pods.length, observedGeneration: generation };
  if (pods.length > 0) status['fullyLabeledReplicas'] = pods.length;
  if (ready > 0) Object.assign(status, { readyReplicas: ready, availableReplicas: ready });
  updateStatus(parts, replicaSets, set, status);
}

function isReady(pod: KubeObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (condition) => stringAt(condition, 'type') === 'Ready' && stringAt(condition, 'status') === 'True',
  );
}

/** Makes a pod from a template; false, with an Event that says why, if its service account does not exist. */
export function createPod(
  parts: ControllerParts,
  owner: KubeObject,
  template: JsonObject,
  component: string,
): boolean {
  const { namespace = '', name } = owner.metadata;
  const spec = structuredClone(objectAt(template, 'spec'));
  const account = stringAt(spec, 'serviceAccountName') || 'default';
  const podName = `${name}-${randomSuffix()}`;
  if (!parts.store.get('serviceaccounts', namespace, account)) {
    const message = `Error creating: pods "${name}-" is forbidden: error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`;
    recordEvent(parts, owner, { type: 'Warning', reason: 'FailedCreate', message, component });
    return false;
  }
  const metadata = structuredClone(objectAt(template, 'metadata'));
  const body: JsonObject = {
    metadata: {
      ...metadata,
      name: podName,
      generateName: `${name}-`,
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...spec, serviceAccountName: account, serviceAccount: account, nodeName: 'sandbox' },
  };
  parts.registry.create(builtInKind('pods'), namespace, body, { manager: 'kube-controller-manager' });
  const message = `Created pod: ${podName}`;
  recordEvent(parts, owner, { type: 'Normal', reason: 'SuccessfulCreate', message, component });
  return true;
}
