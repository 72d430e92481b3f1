import { randomUUID } from 'node:crypto';
import { type ApplyOptions, serverSideApply } from './apply.ts';
import { setDefaults } from './defaults.ts';
import { isObject, type JsonObject, objectAt, sameJson, withoutNulls } from './json.ts';
import { apiVersionOf, type ResourceKind, resourceName } from './kinds.ts';
import { ownersAfterUpdate, toManagedFields, type Writer } from './managed-fields.ts';
import { type KubeObject, type ObjectMeta, randomSuffix, timestamp } from './objects.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  modified,
  notFound,
  requiredField,
} from './status-error.ts';
import type { ObjectStore } from './store.ts';
import { sameContent } from './strategic-patch.ts';
import { validate } from './validation.ts';

/** How a write is to be done. */
export interface WriteOptions {
  manager: string;
  dryRun?: boolean;
  subresource?: string;
  /** Called with the object about to be stored; throws if the caller may not write that. */
  permit?: (object: KubeObject, previous: KubeObject | undefined) => void;
}

export interface DeleteOptions {
  dryRun?: boolean;
  propagation?: string;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** Writes objects by the rules of the API server: defaults, checks, generations, owners of fields, finalizers. */
export class Registry {
  readonly #store: ObjectStore;
  readonly #now: () => Date;

  constructor(store: ObjectStore, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  /** @throws StatusError 404. */
  get(kind: ResourceKind, namespace: string, name: string): KubeObject {
    const found = this.#store.get(resourceName(kind), namespace, name);
    if (!found) throw notFound(kind, name);
    return found;
  }

  /** @throws StatusError 404 without the namespace, 409 if it exists, 422 if it is invalid. */
  create(kind: ResourceKind, namespace: string, body: JsonObject, options: WriteOptions): KubeObject {
    const object = this.#prepare(kind, namespace, body);
    const { metadata } = object;
    if (!metadata.name && metadata.generateName) metadata.name = metadata.generateName + randomSuffix();
    if (!metadata.name) {
      const message = 'Required value: name or generateName is required';
      throw invalid(kind, '', [requiredField('metadata.name', message)]);
    }
    this.#requireNamespace(namespace);
    if (this.#store.get(resourceName(kind), namespace, metadata.name)) {
      throw alreadyExists(kind, metadata.name);
    }
    if (kind.subresources.includes('status') && kind.counted) delete object.status;
    this.#own(kind, undefined, object, options);
    return this.#finish(kind, undefined, object, options);
  }

  /**
   * Replaces an object, or its status alone.
   * @throws StatusError 404, 409 for an old resourceVersion, 422.
   */
  replace(
    kind: ResourceKind,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const previous = this.get(kind, namespace, name);
    const object = this.#prepare(kind, namespace, body);
    if (object.metadata.name && object.metadata.name !== name) {
      throw badRequest(
        `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
      );
    }
    const version = object.metadata.resourceVersion;
    if (version && version !== previous.metadata.resourceVersion) throw modified(kind, name);
    const { uid } = object.metadata;
    if (uid && uid !== previous.metadata.uid) {
      throw conflict(
        kind,
        name,
        `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata.uid}`,
      );
    }
    const next = this.#carryOver(kind, previous, object, options.subresource);
    this.#own(kind, previous, next, options);
    return this.#finish(kind, previous, next, options);
  }

  /** Server-side apply; creates the object if there is none. */
  apply(
    kind: ResourceKind,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions & { force: boolean },
  ): KubeObject {
    const previous = this.#store.get(resourceName(kind), namespace, name);
    const configuration = this.#prepare(kind, namespace, body);
    configuration.metadata.name ||= name;
    if (configuration.metadata.managedFields?.length) {
      throw badRequest('metadata.managedFields must be nil');
    }
    if (!previous) this.#requireNamespace(namespace);
    if (kind.subresources.includes('status') && !options.subresource) delete configuration.status;
    const applied = serverSideApply(previous, configuration, this.#applyOptions(kind, options));
    const object = previous ? this.#carryOver(kind, previous, applied, options.subresource) : applied;
    setDefaults(kind, object);
    return this.#finish(kind, previous, object, options);
  }

  /** Deletes, or marks as deleted while finalizers are left. */
  delete(kind: ResourceKind, namespace: string, name: string, options: DeleteOptions = {}): KubeObject {
    const object = this.get(kind, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid && uid !== object.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${object.metadata.uid}`;
      throw conflict(kind, name, why);
    }
    if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) {
      const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${object.metadata.resourceVersion}`;
      throw conflict(kind, name, why);
    }
    if (options.dryRun) return object;
    // A pod goes when its containers have stopped, a namespace when it is empty.
    const lingers = ['pods', 'namespaces'].includes(resourceName(kind));
    if (!lingers && !object.metadata.finalizers?.length) {
      return this.#store.remove(resourceName(kind), namespace, name) ?? object;
    }
    if (object.metadata.deletionTimestamp) return object;
    const marked = structuredClone(object);
    marked.metadata.deletionTimestamp = timestamp(this.#now());
    if (kind.kind === 'Namespace') marked.status = { ...marked.status, phase: 'Terminating' };
    return this.#store.put(resourceName(kind), marked);
  }

  #prepare(kind: ResourceKind, namespace: string, body: JsonObject): KubeObject {
    const expected = apiVersionOf(kind);
    // An API server reads built-in kinds into types, in which null is the same as nothing.
    const given = kind.builtIn ? withoutNulls(body) : body;
    const { apiVersion = expected, kind: name = kind.kind } = given;
    if (apiVersion !== expected || name !== kind.kind) {
      throw badRequest(
        `${String(name)} in version "${String(apiVersion)}" cannot be handled as a ${kind.kind}: no kind match`,
      );
    }
    const metadata = { ...(objectAt(given, 'metadata') as Partial<ObjectMeta>) };
    if (metadata.namespace && kind.namespaced && metadata.namespace !== namespace) {
      throw badRequest(
        `the namespace of the provided object does not match the namespace sent on the request`,
      );
    }
    delete metadata.namespace;
    return {
      ...structuredClone(given),
      apiVersion: expected,
      kind: kind.kind,
      metadata: { ...metadata, name: metadata.name ?? '', ...(kind.namespaced ? { namespace } : {}) },
    };
  }

  #requireNamespace(namespace: string): void {
    if (!namespace) return;
    const found = this.#store.get('namespaces', '', namespace);
    const namespaces = { plural: 'namespaces', group: '', kind: 'Namespace' } as ResourceKind;
    if (!found) throw notFound(namespaces, namespace);
  }

  /** What a client cannot change by writing the main object, and what it leaves out but the cluster has given. */
  #carryOver(
    kind: ResourceKind,
    previous: KubeObject,
    object: KubeObject,
    subresource: string | undefined,
  ): KubeObject {
    const { uid, creationTimestamp, deletionTimestamp, generation } = previous.metadata;
    const fixed = { uid, creationTimestamp, deletionTimestamp, generation };
    const kept = Object.fromEntries(Object.entries(fixed).filter(([, value]) => value !== undefined));
    const metadata = { ...object.metadata, name: previous.metadata.name, ...kept };
    if (subresource === 'status') {
      const managed = object.metadata.managedFields;
      const own = { ...previous.metadata, ...(managed ? { managedFields: managed } : {}) };
      return {
        ...structuredClone(previous),
        metadata: own,
        ...(object.status ? { status: object.status } : {}),
      };
    }
    const next: KubeObject = { ...object, metadata };
    if (kind.subresources.includes('status') && previous.status)
      next.status = structuredClone(previous.status);
    if (kind.kind === 'Service' && isObject(next.spec)) {
      next.spec['clusterIP'] ??= previous.spec?.['clusterIP'];
    }
    return next;
  }

  #own(
    kind: ResourceKind,
    previous: KubeObject | undefined,
    object: KubeObject,
    options: WriteOptions,
  ): void {
    setDefaults(kind, object);
    const { writer, time } = this.#applyOptions(kind, options, 'Update');
    const owners = ownersAfterUpdate(previous, object, writer, kind.builtIn, time);
    object.metadata.managedFields = toManagedFields(owners);
  }

  #applyOptions(
    kind: ResourceKind,
    options: WriteOptions & { force?: boolean },
    operation: Writer['operation'] = 'Apply',
  ): ApplyOptions {
    const writer: Writer = {
      manager: options.manager,
      operation,
      apiVersion: apiVersionOf(kind),
      ...(options.subresource ? { subresource: options.subresource } : {}),
    };
    const time = timestamp(this.#now());
    return { writer, force: options.force ?? false, builtIn: kind.builtIn, time };
  }

  #finish(
    kind: ResourceKind,
    previous: KubeObject | undefined,
    object: KubeObject,
    options: WriteOptions,
  ): KubeObject {
    validate(kind, object, previous);
    options.permit?.(object, previous);
    const { metadata } = object;
    if (!previous) {
      metadata.uid = randomUUID();
      metadata.creationTimestamp = timestamp(this.#now());
      delete metadata.deletionTimestamp;
    }
    if (kind.counted || !kind.builtIn) metadata.generation = nextGeneration(kind, previous, object);
    else delete metadata.generation;
    if (previous && isUnchanged(previous, object)) return previous;
    if (options.dryRun) return previous ? { ...object, metadata: { ...metadata } } : object;
    if (previous && metadata.deletionTimestamp && !metadata.finalizers?.length && kind.kind !== 'Pod') {
      if (kind.kind !== 'Namespace') {
        return this.#store.remove(resourceName(kind), metadata.namespace ?? '', metadata.name) ?? object;
      }
    }
    return this.#store.put(resourceName(kind), object);
  }
}

function isUnchanged(previous: KubeObject, object: KubeObject): boolean {
  const owners = (value: KubeObject) =>
    (value.metadata.managedFields ?? []).map((entry) => JSON.stringify({ ...entry, time: '' })).sort();
  return sameContent(previous, object) && sameJson(owners(previous), owners(object));
}

/** Counts up when anything but metadata and status changes. */
function nextGeneration(kind: ResourceKind, previous: KubeObject | undefined, object: KubeObject): number {
  if (!previous) return 1;
  const desired = ({ metadata: _metadata, status: _status, ...rest }: KubeObject) => rest;
  const withStatus = kind.builtIn || kind.subresources.includes('status');
  const same = withStatus
    ? sameJson(desired(previous), desired(object))
    : sameJson(
        { ...desired(previous), status: previous.status },
        {
          ...desired(object),
          status: object.status,
        },
      );
  return (previous.metadata.generation ?? 1) + (same ? 0 : 1);
}
