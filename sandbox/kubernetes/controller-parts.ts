import { randomUUID } from 'node:crypto';
import type { Catalog } from './catalog.ts';
import { isObject, type JsonObject, listAt, numberAt, sameJson, stringAt } from './json.ts';
import { builtInKind } from './kinds.ts';
import { type KubeObject, timestamp } from './objects.ts';
import type { PodGate } from './pod-gate.ts';
import type { PodLogs } from './pod-logs.ts';
import type { PodRuntime } from './pod-runtime.ts';
import type { Registry } from './registry.ts';
import type { ObjectStore } from './store.ts';
import type { TokenBook } from './users.ts';

/** What the controllers work with. */
export interface ControllerParts {
  store: ObjectStore;
  registry: Registry;
  catalog: Catalog;
  tokens: TokenBook;
  podLogs: PodLogs;
  gate: PodGate;
  runtimes: PodRuntime[];
  now: () => Date;
  /** PEM text of the authority that pods shall trust. */
  ca: string;
  rolloutDelayMs: number;
  restartBackoffMs: number;
}

/** A part of the control plane that runs until it is stopped. */
export interface Controller {
  stop(): void | Promise<void>;
}

/** Writes an object's status if the object is still there. */
export function updateStatus(
  { store, registry }: ControllerParts,
  resource: string,
  object: KubeObject,
  status: JsonObject,
  manager = 'kube-controller-manager',
): void {
  const { namespace = '', name, uid } = object.metadata;
  const current = store.get(resource, namespace, name);
  if (current?.metadata.uid !== uid || sameJson(current?.status, status)) return;
  const { resourceVersion: _version, ...metadata } = structuredClone(current?.metadata ?? object.metadata);
  const body = { ...structuredClone(current ?? object), metadata, status };
  registry.replace(builtInKind(resource), namespace, name, body, { manager, subresource: 'status' });
}

/** Changes an object other than its status, if it is still there. */
export function updateObject(
  { store, registry }: ControllerParts,
  resource: string,
  object: KubeObject,
  change: (copy: KubeObject) => void,
): void {
  const { namespace = '', name } = object.metadata;
  const current = store.get(resource, namespace, name);
  if (!current) return;
  const copy = structuredClone(current);
  change(copy);
  registry.replace(builtInKind(resource), namespace, name, copy, { manager: 'kube-controller-manager' });
}

/** A condition that keeps its times as long as it says the same. */
export function condition(
  parts: ControllerParts,
  previous: JsonObject | undefined,
  next: { type: string; status: 'True' | 'False'; reason: string; message: string },
): JsonObject {
  const old = listAt(previous, 'conditions').find((candidate) => stringAt(candidate, 'type') === next.type);
  const now = timestamp(parts.now());
  const sameStatus = stringAt(old, 'status') === next.status;
  const same =
    sameStatus && stringAt(old, 'reason') === next.reason && stringAt(old, 'message') === next.message;
  if (same && isObject(old)) return old;
  return {
    ...next,
    lastUpdateTime: now,
    lastTransitionTime: sameStatus ? stringAt(old, 'lastTransitionTime') : now,
  };
}

export interface EventText {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  component: string;
}

/** Records an Event about an object, or counts up the one that already says so. */
export function recordEvent(parts: ControllerParts, about: KubeObject, event: EventText): void {
  const { store, registry, now } = parts;
  const { namespace = '', name, uid } = about.metadata;
  const time = timestamp(now());
  const { type, reason, message, component } = event;
  const known = store
    .list('events', namespace)
    .find(
      (other) =>
        stringAt(other, 'involvedObject', 'uid') === uid &&
        other['reason'] === reason &&
        other['message'] === message,
    );
  const kind = builtInKind('events');
  if (known) {
    const body = { ...structuredClone(known), count: numberAt(1, known, 'count') + 1, lastTimestamp: time };
    registry.replace(kind, namespace, known.metadata.name, body, { manager: component });
    return;
  }
  if (!store.get('namespaces', '', namespace)) return;
  const involvedObject = { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid };
  const body = {
    metadata: { name: `${name}.${randomUUID().replaceAll('-', '').slice(0, 16)}` },
    involvedObject,
    type,
    reason,
    message,
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  };
  registry.create(kind, namespace, body, { manager: component });
}

/** `namespace/name` of the object of this kind that owns `object`, or undefined. */
export function ownerKey(object: KubeObject, kind: string): string | undefined {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.kind === kind);
  return owner && `${object.metadata.namespace ?? ''}/${owner.name}`;
}
