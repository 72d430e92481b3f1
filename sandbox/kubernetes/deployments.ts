import { createHash } from 'node:crypto';
import {
  type Controller,
  type ControllerParts,
  condition,
  recordEvent,
  updateObject,
  updateStatus,
} from './controller-parts.ts';
import { canonicalText, type JsonObject, numberAt, objectAt, stringAt } from './json.ts';
import { builtInKind } from './kinds.ts';
import { controllerReference, isControlledBy, type KubeObject } from './objects.ts';
import { Progress } from './progress.ts';
import { WorkQueue } from './work-queue.ts';

const deployments = 'deployments.apps';
const replicaSets = 'replicasets.apps';
const revisionAnnotation = 'deployment.kubernetes.io/revision';
const manager = { manager: 'kube-controller-manager' };

/**
 * Rolls Deployments: a ReplicaSet for each pod template, the new one up and the old ones down, in the order the
 * strategy asks for.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
 */
export function startDeployments(parts: ControllerParts): Controller {
  const { store } = parts;
  const progress = new Progress((key) => queue.add(key));
  const queue = new WorkQueue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const deployment = store.get(deployments, namespace, name);
    if (!deployment) progress.forget(key);
    else if (!deployment.metadata.deletionTimestamp) reconcile(parts, progress, key, deployment);
  });
  const unsubscribe = store.subscribe(({ resource, object }) => {
    const { namespace = '', name } = object.metadata;
    if (resource === deployments) queue.add(`${namespace}/${name}`);
    const owner = resource === replicaSets ? object : resource === 'pods' ? setOf(parts, object) : undefined;
    for (const reference of owner?.metadata.ownerReferences ?? []) {
      if (reference.kind === 'Deployment') queue.add(`${namespace}/${reference.name}`);
    }
  });
  return {
    stop: () => {
      unsubscribe();
      queue.stop();
      progress.stop();
    },
  };
}

/** The ReplicaSet a pod belongs to. */
function setOf({ store }: ControllerParts, pod: KubeObject): KubeObject | undefined {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.kind === 'ReplicaSet');
  return owner && store.get(replicaSets, pod.metadata.namespace ?? '', owner.name);
}

function reconcile(parts: ControllerParts, progress: Progress, key: string, deployment: KubeObject): void {
  const { store } = parts;
  const { namespace = '', uid } = deployment.metadata;
  const sets = store.list(replicaSets, namespace).filter((set) => isControlledBy(set, uid));
  const hash = templateHash(deployment);
  const current = sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash);
  const old = sets.filter((set) => set !== current);
  const wanted = numberAt(1, deployment, 'spec', 'replicas');
  const recreate = stringAt(deployment, 'spec', 'strategy', 'type') === 'Recreate';
  const oldPods = old.some((set) => hasPods(parts, set));
  if (recreate && (oldPods || old.some((set) => numberAt(0, set, 'spec', 'replicas') > 0))) {
    for (const set of old) scaleTo(parts, deployment, set, 0);
  }
  if (!recreate || !oldPods) bringUp(parts, deployment, current, { hash, wanted, sets });
  if (!recreate && current && numberAt(0, current, 'status', 'readyReplicas') >= wanted) {
    for (const set of old) scaleTo(parts, deployment, set, 0);
  }
  prune(parts, deployment, old);
  writeStatus(parts, progress, key, deployment, hash);
}

function hasPods({ store }: ControllerParts, set: KubeObject): boolean {
  const { namespace = '', uid } = set.metadata;
  return store.list('pods', namespace).some((pod) => isControlledBy(pod, uid));
}

/** The label value that tells the pods of one template from those of another. */
function templateHash(deployment: KubeObject): string {
  const text = canonicalText(objectAt(deployment, 'spec', 'template'));
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}

function bringUp(
  parts: ControllerParts,
  deployment: KubeObject,
  current: KubeObject | undefined,
  { hash, wanted, sets }: { hash: string; wanted: number; sets: KubeObject[] },
): void {
  const revisions = sets
    .filter((set) => set !== current)
    .map((set) => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0));
  const newest = Math.max(0, ...revisions) + 1;
  const own = Number(current?.metadata.annotations?.[revisionAnnotation] ?? 0);
  const revision = String(Math.max(own, newest));
  if (!current) createSet(parts, deployment, { hash, wanted, revision });
  else {
    scaleTo(parts, deployment, current, wanted);
    annotate(parts, replicaSets, current, revision);
  }
  annotate(parts, deployments, deployment, revision);
}

function annotate(parts: ControllerParts, resource: string, object: KubeObject, revision: string): void {
  if (object.metadata.annotations?.[revisionAnnotation] === revision) return;
  updateObject(parts, resource, object, (copy) => {
    copy.metadata.annotations = { ...copy.metadata.annotations, [revisionAnnotation]: revision };
  });
}

function createSet(
  parts: ControllerParts,
  deployment: KubeObject,
  { hash, wanted, revision }: { hash: string; wanted: number; revision: string },
): void {
  const { namespace = '', name } = deployment.metadata;
  const template = structuredClone(objectAt(deployment, 'spec', 'template'));
  const labels = { ...objectAt(template, 'metadata', 'labels'), 'pod-template-hash': hash };
  const selector = objectAt(deployment, 'spec', 'selector');
  const matchLabels = { ...objectAt(selector, 'matchLabels'), 'pod-template-hash': hash };
  const set = `${name}-${hash}`;
  const body: JsonObject = {
    metadata: {
      name: set,
      labels,
      annotations: { [revisionAnnotation]: revision },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: wanted,
      selector: { ...selector, matchLabels },
      template: { ...template, metadata: { ...objectAt(template, 'metadata'), labels } },
    },
  };
  parts.registry.create(builtInKind(replicaSets), namespace, body, manager);
  scaled(parts, deployment, `Scaled up replica set ${set} from 0 to ${wanted}`);
}

function scaleTo(parts: ControllerParts, deployment: KubeObject, set: KubeObject, replicas: number): void {
  const before = numberAt(0, set, 'spec', 'replicas');
  if (before === replicas) return;
  updateObject(parts, replicaSets, set, (copy) => {
    copy.spec = { ...copy.spec, replicas };
  });
  const direction = before < replicas ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`;
  scaled(parts, deployment, message);
}

function scaled(parts: ControllerParts, deployment: KubeObject, message: string): void {
  const event = { type: 'Normal', reason: 'ScalingReplicaSet', message } as const;
  recordEvent(parts, deployment, { ...event, component: 'deployment-controller' });
}

/** Old, empty ReplicaSets beyond the limit go; the rest serve to roll back. */
function prune(parts: ControllerParts, deployment: KubeObject, old: KubeObject[]): void {
  const limit = numberAt(10, deployment, 'spec', 'revisionHistoryLimit');
  const idle = old
    .filter((set) => numberAt(0, set, 'spec', 'replicas') === 0 && !hasPods(parts, set))
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  for (const set of idle.slice(0, Math.max(0, idle.length - limit))) {
    parts.registry.delete(builtInKind(replicaSets), set.metadata.namespace ?? '', set.metadata.name);
  }
}

function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[revisionAnnotation] ?? 0);
}

function writeStatus(
  parts: ControllerParts,
  progress: Progress,
  key: string,
  deployment: KubeObject,
  hash: string,
): void {
  const { namespace = '', uid, generation } = deployment.metadata;
  const sets = parts.store.list(replicaSets, namespace).filter((set) => isControlledBy(set, uid));
  const current = sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash);
  const total = (field: string) => sets.reduce((sum, set) => sum + numberAt(0, set, 'status', field), 0);
  const wanted = numberAt(1, deployment, 'spec', 'replicas');
  const counts = {
    replicas: total('replicas'),
    updatedReplicas: numberAt(0, current, 'status', 'replicas'),
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
    unavailableReplicas: Math.max(0, Math.max(wanted, total('replicas')) - total('availableReplicas')),
  };
  const complete =
    counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas === wanted;
  const deadline = numberAt(600, deployment, 'spec', 'progressDeadlineSeconds');
  const signature = JSON.stringify([hash, counts]);
  const late = progress.isLate(key, { signature, complete, deadlineMs: deadline * 1000 });
  const name = current?.metadata.name ?? '';
  const conditions = [
    condition(parts, deployment.status, availability(deployment, counts.availableReplicas, wanted)),
    condition(parts, deployment.status, progressText(name, complete, late)),
  ];
  const shown = Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0));
  updateStatus(parts, deployments, deployment, { observedGeneration: generation, ...shown, conditions });
}

function availability(deployment: KubeObject, available: number, wanted: number) {
  const limit = objectAt(deployment, 'spec', 'strategy', 'rollingUpdate')['maxUnavailable'];
  const share = Number.parseInt(String(limit ?? 0), 10);
  const missing = String(limit).endsWith('%') ? Math.floor((wanted * share) / 100) : share;
  const type = 'Available';
  return available >= wanted - missing
    ? ({
        type,
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      } as const)
    : ({
        type,
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      } as const);
}

function progressText(set: string, complete: boolean, late: boolean) {
  const type = 'Progressing';
  const text = (status: 'True' | 'False', reason: string, what: string) => ({
    type,
    status,
    reason,
    message: `ReplicaSet "${set}" ${what}.`,
  });
  if (complete) return text('True', 'NewReplicaSetAvailable', 'has successfully progressed');
  if (late) return text('False', 'ProgressDeadlineExceeded', 'has timed out progressing');
  return text('True', 'ReplicaSetUpdated', 'is progressing');
}
