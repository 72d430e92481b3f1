import type { Controller, ControllerParts } from './controller-parts.ts';
import type { KubeObject } from './objects.ts';
import { PodWorker } from './pod-worker.ts';

/** Runs the pods: one worker for each, from its creation until it is gone. */
export function startKubelet(parts: ControllerParts): Controller {
  const { store } = parts;
  const workers = new Map<string, PodWorker>();
  const start = (pod: KubeObject) => {
    const uid = pod.metadata.uid ?? '';
    const worker = new PodWorker(parts, pod);
    workers.set(uid, worker);
    worker.run();
  };
  const end = async (pod: KubeObject) => {
    const { uid = '', namespace = '', name } = pod.metadata;
    const worker = workers.get(uid);
    workers.delete(uid);
    await worker?.stop();
    parts.podLogs.forget(uid);
    if (store.get('pods', namespace, name)?.metadata.uid === uid) store.remove('pods', namespace, name);
  };
  const unsubscribe = store.subscribe(({ resource, type, object }) => {
    const uid = object.metadata.uid ?? '';
    if (resource === 'secrets' || resource === 'configmaps') {
      for (const worker of workers.values()) worker.inputsChanged(object.metadata.namespace ?? '');
    }
    if (resource !== 'pods') return;
    if (type === 'ADDED') setImmediate(start, object);
    else if (object.metadata.deletionTimestamp && workers.has(uid)) setImmediate(() => void end(object));
  });
  return {
    stop: async () => {
      unsubscribe();
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    },
  };
}
