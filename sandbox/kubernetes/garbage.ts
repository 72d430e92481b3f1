import type { Controller, ControllerParts } from './controller-parts.ts';
import { type ResourceKind, resourceName } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import type { ObjectStore } from './store.ts';
import { WorkQueue } from './work-queue.ts';

/**
 * Deletes what a deleted object owned.
 * @see https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export function startGarbageCollector(parts: ControllerParts): Controller {
  const queue = new WorkQueue((uid) => {
    for (const { kind, object } of dependents(parts, uid)) {
      if (object.metadata.deletionTimestamp) continue;
      parts.registry.delete(kind, object.metadata.namespace ?? '', object.metadata.name);
    }
  });
  const unsubscribe = parts.store.subscribe(({ type, object }) => {
    if (type === 'DELETED' && object.metadata.uid) queue.add(object.metadata.uid);
  });
  return {
    stop: () => {
      unsubscribe();
      queue.stop();
    },
  };
}

interface Dependent {
  kind: ResourceKind;
  object: KubeObject;
}

function dependents(
  { store, catalog }: Pick<ControllerParts, 'store' | 'catalog'>,
  uid: string,
): Dependent[] {
  return catalog.kinds().flatMap((kind) =>
    store
      .list(resourceName(kind))
      .filter((object) => object.metadata.ownerReferences?.some((owner) => owner.uid === uid))
      .map((object) => ({ kind, object })),
  );
}

/** Sets free what an object owns, for a deletion with `propagationPolicy: Orphan`. */
export function orphanDependents(
  parts: { store: ObjectStore } & Pick<ControllerParts, 'catalog'>,
  uid: string,
): void {
  for (const { kind, object } of dependents(parts, uid)) {
    const copy = structuredClone(object);
    copy.metadata.ownerReferences = (copy.metadata.ownerReferences ?? []).filter(
      (owner) => owner.uid !== uid,
    );
    parts.store.put(resourceName(kind), copy);
  }
}
