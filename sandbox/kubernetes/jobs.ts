import {
  type Controller,
  type ControllerParts,
  condition,
  ownerKey,
  updateStatus,
} from './controller-parts.ts';
import { type JsonObject, numberAt, objectAt, stringAt } from './json.ts';
import { isControlledBy, type KubeObject, timestamp } from './objects.ts';
import { createPod } from './replica-sets.ts';
import { WorkQueue } from './work-queue.ts';

const jobs = 'jobs.batch';

/** Runs each Job's pod until one has succeeded or too many have failed. */
export function startJobs(parts: ControllerParts): Controller {
  const { store } = parts;
  const queue = new WorkQueue((key) => {
    const [namespace = '', name = ''] = key.split('/');
    const job = store.get(jobs, namespace, name);
    if (job && !job.metadata.deletionTimestamp) reconcile(parts, job);
  });
  const unsubscribe = store.subscribe(({ resource, object }) => {
    const { namespace = '', name } = object.metadata;
    if (resource === jobs) queue.add(`${namespace}/${name}`);
    const owner = resource === 'pods' && ownerKey(object, 'Job');
    if (owner) queue.add(owner);
  });
  return {
    stop: () => {
      unsubscribe();
      queue.stop();
    },
  };
}

function reconcile(parts: ControllerParts, job: KubeObject): void {
  const { namespace = '', uid, name } = job.metadata;
  const pods = parts.store.list('pods', namespace).filter((pod) => isControlledBy(pod, uid));
  const inPhase = (...phases: string[]) =>
    pods.filter((pod) => phases.includes(stringAt(pod, 'status', 'phase'))).length;
  const [succeeded, failed] = [inPhase('Succeeded'), inPhase('Failed')];
  const limit = numberAt(6, job, 'spec', 'backoffLimit');
  const active = pods.length - succeeded - failed;
  if (succeeded === 0 && failed <= limit && active === 0) {
    const template = structuredClone(objectAt(job, 'spec', 'template'));
    const metadata = objectAt(template, 'metadata');
    const labels = {
      ...objectAt(metadata, 'labels'),
      'batch.kubernetes.io/job-name': name,
      'job-name': name,
    };
    createPod(parts, job, { ...template, metadata: { ...metadata, labels } }, 'job-controller');
    return;
  }
  updateStatus(parts, jobs, job, jobStatus(parts, job, { succeeded, failed, active, limit }));
}

function jobStatus(
  parts: ControllerParts,
  job: KubeObject,
  counts: { succeeded: number; failed: number; active: number; limit: number },
): JsonObject {
  const startTime = stringAt(job, 'status', 'startTime') || timestamp(parts.now());
  const status: JsonObject = { startTime, active: counts.active, ready: counts.active };
  if (counts.failed > 0) status['failed'] = counts.failed;
  if (counts.succeeded > 0) {
    const text = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
    const complete = condition(parts, job.status, { type: 'Complete', status: 'True', ...text });
    status['conditions'] = [complete];
    status['succeeded'] = counts.succeeded;
    status['completionTime'] = stringAt(job, 'status', 'completionTime') || timestamp(parts.now());
  } else if (counts.failed > counts.limit) {
    const text = { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    status['conditions'] = [condition(parts, job.status, { type: 'Failed', status: 'True', ...text })];
  }
  return status;
}
