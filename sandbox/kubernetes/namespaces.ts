import type { Controller, ControllerParts } from './controller-parts.ts';
import { builtInKind } from './kinds.ts';
import type { KubeObject } from './objects.ts';
import { WorkQueue } from './work-queue.ts';

const manager = { manager: 'kube-controller-manager' };

/** Gives every namespace its service account and the cluster's CA, and empties those being deleted. */
export function startNamespaces(parts: ControllerParts): Controller {
  const { store } = parts;
  const queue = new WorkQueue((name) => {
    const namespace = store.get('namespaces', '', name);
    if (!namespace) return;
    if (namespace.metadata.deletionTimestamp) empty(parts, namespace);
    else fill(parts, name);
  });
  const unsubscribe = store.subscribe(({ resource, object }) => {
    if (resource === 'namespaces') queue.add(object.metadata.name);
    const home = store.get('namespaces', '', object.metadata.namespace ?? '');
    if (home?.metadata.deletionTimestamp) queue.add(home.metadata.name);
  });
  return {
    stop: () => {
      unsubscribe();
      queue.stop();
    },
  };
}

function fill({ store, registry, ca }: ControllerParts, namespace: string): void {
  if (!store.get('serviceaccounts', namespace, 'default')) {
    registry.create(builtInKind('serviceaccounts'), namespace, { metadata: { name: 'default' } }, manager);
  }
  if (store.get('configmaps', namespace, 'kube-root-ca.crt')) return;
  const body = { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': ca } };
  registry.create(builtInKind('configmaps'), namespace, body, manager);
}

function empty({ store, registry, catalog }: ControllerParts, namespace: KubeObject): void {
  const { name } = namespace.metadata;
  let left = 0;
  for (const kind of catalog.kinds().filter((candidate) => candidate.namespaced)) {
    const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;
    for (const object of store.list(resource, name)) {
      left += 1;
      if (!object.metadata.deletionTimestamp) registry.delete(kind, name, object.metadata.name);
    }
  }
  if (left === 0) store.remove('namespaces', '', name);
}
