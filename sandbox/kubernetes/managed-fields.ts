import {
  type FieldSet,
  type FieldValues,
  fieldValues,
  fromFieldsV1,
  toFieldsV1,
  without,
} from './field-set.ts';
import { isObject, sameJson } from './json.ts';
import type { KubeObject, ManagedFieldsEntry } from './objects.ts';

/** Who writes: the identity under which fields are owned. */
export interface Writer {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource?: string;
}

/** A writer and what it owns. */
export interface Ownership {
  writer: Writer;
  fields: FieldSet;
  time: string;
}

/** The owners that an object's `managedFields` list. */
export function ownersOf(object: KubeObject | undefined): Ownership[] {
  const entries = object?.metadata.managedFields;
  if (!Array.isArray(entries)) return [];
  return entries
    .filter((entry) => isObject(entry) && isObject(entry.fieldsV1))
    .map((entry) => ({
      writer: writerOf(entry),
      fields: fromFieldsV1(entry.fieldsV1),
      time: entry.time ?? '',
    }));
}

function writerOf(entry: ManagedFieldsEntry): Writer {
  return {
    manager: entry.manager,
    operation: entry.operation,
    apiVersion: entry.apiVersion,
    ...(entry.subresource ? { subresource: entry.subresource } : {}),
  };
}

/** True for the same owner; an applier keeps its fields whatever version it applies with. */
export function isSameWriter(a: Writer, b: Writer): boolean {
  const version = a.operation === 'Apply' || a.apiVersion === b.apiVersion;
  const subresource = (a.subresource ?? '') === (b.subresource ?? '');
  return a.manager === b.manager && a.operation === b.operation && version && subresource;
}

/** The `managedFields` for these owners; those who own nothing are left out. */
export function toManagedFields(owners: readonly Ownership[]): ManagedFieldsEntry[] {
  return owners
    .filter((owner) => owner.fields.size > 0)
    .map(({ writer, fields, time }) => ({
      manager: writer.manager,
      operation: writer.operation,
      apiVersion: writer.apiVersion,
      time,
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(writer.subresource ? { subresource: writer.subresource } : {}),
    }));
}

/** The paths that are new or have another value. */
export function changedPaths(before: FieldValues, after: FieldValues): FieldSet {
  const changed: FieldSet = new Set();
  for (const [path, value] of after) {
    if (!before.has(path) || !sameJson(before.get(path), value)) changed.add(path);
  }
  return changed;
}

/**
 * The owners after a plain write (POST, PUT, PATCH): the writer gets what it changed, everybody else loses that, and
 * nobody owns what is gone.
 */
export function ownersAfterUpdate(
  previous: KubeObject | undefined,
  next: KubeObject,
  writer: Writer,
  builtIn: boolean,
  time: string,
): Ownership[] {
  const before = previous ? fieldValues(previous, builtIn) : new Map<string, unknown>();
  const after = fieldValues(next, builtIn);
  const changed = changedPaths(before, after);
  const given = ownersOf(next);
  const owners = (given.length > 0 ? given : ownersOf(previous)).map((owner) => ({
    ...owner,
    fields: stillOwned(owner, before, after),
  }));
  if (changed.size === 0) return owners;
  const others = owners.map((owner) =>
    isSameWriter(owner.writer, writer) ? owner : { ...owner, fields: without(owner.fields, changed) },
  );
  const own = others.find((owner) => isSameWriter(owner.writer, writer));
  const rest = others.filter((owner) => owner !== own);
  return [...rest, { writer, fields: new Set([...(own?.fields ?? []), ...changed]), time }];
}

/** Fields that were there and are gone belong to nobody; paths that never were values (map markers) stay. */
function stillOwned(owner: Ownership, before: FieldValues, after: FieldValues): FieldSet {
  return new Set([...owner.fields].filter((path) => after.has(path) || !before.has(path)));
}
