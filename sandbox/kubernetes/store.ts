import type { KubeObject } from './objects.ts';

/** One change, as watches replay it. */
export interface StoreEvent {
  revision: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: string;
  object: KubeObject;
  previous: KubeObject | undefined;
}

export type StoreListener = (event: StoreEvent) => void;

const keptEvents = 10_000;

/**
 * All objects of the cluster, by resource (`secrets`, `deployments.apps`), namespace and name, with one counter of
 * revisions as in etcd. Objects that come out are never changed afterwards: a change stores a new one.
 */
export class ObjectStore {
  #revision = 1;
  #forgotten = 0;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #events: StoreEvent[] = [];
  readonly #listeners = new Set<StoreListener>();

  /** The revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** The object, or undefined. The namespace of a cluster-scoped object is ''. */
  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(`${namespace}/${name}`);
  }

  /** All objects of a resource, of one namespace if given, sorted by namespace and name. */
  list(resource: string, namespace?: string): KubeObject[] {
    const all = [...(this.#objects.get(resource) ?? [])];
    const wanted = namespace ? all.filter(([key]) => key.startsWith(`${namespace}/`)) : all;
    return wanted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** The names of all resources that have been stored. */
  resources(): string[] {
    return [...this.#objects.keys()];
  }

  /** Stores the object under a new resourceVersion and tells everybody who watches. */
  put(resource: string, object: KubeObject): KubeObject {
    const revision = ++this.#revision;
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(revision);
    const table = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, table);
    const key = keyOf(stored);
    const previous = table.get(key);
    table.set(key, stored);
    this.#emit({ revision, type: previous ? 'MODIFIED' : 'ADDED', resource, object: stored, previous });
    return stored;
  }

  /** Takes the object away; what comes back carries the revision of the deletion. */
  remove(resource: string, namespace: string, name: string): KubeObject | undefined {
    const table = this.#objects.get(resource);
    const previous = table?.get(`${namespace}/${name}`);
    if (!table || !previous) return undefined;
    const revision = ++this.#revision;
    table.delete(`${namespace}/${name}`);
    const object = structuredClone(previous);
    object.metadata.resourceVersion = String(revision);
    this.#emit({ revision, type: 'DELETED', resource, object, previous });
    return object;
  }

  /** The changes after a revision, or undefined if they are no longer known. */
  eventsAfter(revision: number): StoreEvent[] | undefined {
    if (revision < this.#forgotten) return undefined;
    return this.#events.filter((event) => event.revision > revision);
  }

  /** Forgets the changes so far, as compaction does; watches from before then get 410. */
  compact(): void {
    this.#events.length = 0;
    this.#forgotten = this.#revision;
  }

  /** Calls the listener on every change until the returned function is called. */
  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: StoreEvent): void {
    this.#events.push(event);
    if (this.#events.length > keptEvents) this.#forgotten = this.#events.shift()?.revision ?? 0;
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
