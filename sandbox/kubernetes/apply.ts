import { elementsOf, type FieldSet, fieldValues, isUnder, pathText, without } from './field-set.ts';
import { isObject, type JsonObject, sameJson } from './json.ts';
import {
  changedPaths,
  isSameWriter,
  type Ownership,
  ownersOf,
  toManagedFields,
  type Writer,
} from './managed-fields.ts';
import type { KubeObject } from './objects.ts';
import { isAtomicMap, itemKey, listShape } from './schema-hints.ts';
import { StatusError } from './status-error.ts';

export interface ApplyOptions {
  writer: Writer;
  force: boolean;
  builtIn: boolean;
  /** RFC 3339. */
  time: string;
}

/**
 * Server-side apply: merges the writer's configuration into the live object, takes away what the writer applied before
 * and leaves out now, and refuses to change what others own unless forced.
 * @throws StatusError 409 naming every owner and field in the way.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function serverSideApply(
  live: KubeObject | undefined,
  configuration: JsonObject,
  options: ApplyOptions,
): KubeObject {
  const { builtIn, writer } = options;
  const config = withoutNulls(configuration);
  const applied: FieldSet = new Set(fieldValues(config, builtIn).keys());
  const owners = ownersOf(live);
  const own = owners.find((owner) => isSameWriter(owner.writer, writer));
  const others = owners.filter((owner) => owner !== own);
  const merged = mergeMaps(live ?? {}, config, builtIn) as KubeObject;

  const before = live ? fieldValues(live, builtIn) : new Map<string, unknown>();
  const changed = changedPaths(before, fieldValues(merged, builtIn));
  const kept = settleConflicts(others, changed, options.force);

  for (const path of prunable(own?.fields ?? new Set(), applied, kept)) removePath(merged, elementsOf(path));
  const left = fieldValues(merged, builtIn);
  const rest = kept.map((owner) => ({
    ...owner,
    fields: new Set([...owner.fields].filter((path) => left.has(path) || !before.has(path))),
  }));
  const unchanged = own !== undefined && sameJson([...own.fields].sort(), [...applied].sort());
  const time = unchanged && changed.size === 0 ? own.time : options.time;
  merged.metadata.managedFields = toManagedFields([{ writer, fields: applied, time }, ...rest]);
  return merged;
}

function settleConflicts(others: Ownership[], changed: FieldSet, force: boolean): Ownership[] {
  const conflicts = others
    .map((owner) => ({ owner, paths: [...owner.fields].filter((path) => changed.has(path)) }))
    .filter((conflict) => conflict.paths.length > 0);
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts);
  return others.map((owner) => ({ ...owner, fields: without(owner.fields, changed) }));
}

function applyConflict(conflicts: { owner: Ownership; paths: string[] }[]): StatusError {
  const causes = conflicts.flatMap(({ owner, paths }) =>
    paths.map((path) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${writerText(owner.writer)}`,
      field: pathText(path),
    })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${conflicts.map(conflictText).sort().join('\n')}`;
  return new StatusError(409, 'Conflict', message, { causes });
}

function conflictText({ owner, paths }: { owner: Ownership; paths: string[] }): string {
  return `conflicts with ${writerText(owner.writer)}:\n- ${paths.map(pathText).join('\n- ')}`;
}

function writerText(writer: Writer): string {
  const subresource = writer.subresource ? ` with subresource "${writer.subresource}"` : '';
  const version = writer.operation === 'Update' ? ` using ${writer.apiVersion}` : '';
  return `"${writer.manager}"${subresource}${version}`;
}

/** What this writer applied before, does not apply now, and nobody else holds on to. */
function prunable(previous: FieldSet, applied: FieldSet, others: readonly Ownership[]): string[] {
  const heldByOthers = [...others.flatMap((owner) => [...owner.fields])];
  const gone = [...previous]
    .filter((path) => ![...applied].some((other) => isUnder(other, path)))
    .filter((path) => !heldByOthers.some((held) => isUnder(held, path)));
  // An item goes as a whole: without its key, what is left of it could not be found any more.
  return gone.filter((path) => !gone.some((parent) => parent !== path && isUnder(path, parent)));
}

function mergeMaps(live: JsonObject, config: JsonObject, builtIn: boolean): JsonObject {
  const result = structuredClone(live);
  for (const [key, value] of Object.entries(config)) {
    result[key] = mergeValue(key, result[key], value, builtIn);
  }
  return result;
}

function mergeValue(field: string, live: unknown, value: unknown, builtIn: boolean): unknown {
  if (Array.isArray(value)) return mergeLists(field, Array.isArray(live) ? live : [], value, builtIn);
  if (!isObject(value) || !isObject(live) || isAtomicMap(field, builtIn)) return structuredClone(value);
  return mergeMaps(live, value, builtIn);
}

function mergeLists(field: string, live: unknown[], config: unknown[], builtIn: boolean): unknown[] {
  const shape = listShape(field, [...live, ...config], builtIn);
  if (shape.type === 'atomic') return structuredClone(config);
  if (shape.type === 'set') return [...new Set([...live, ...config])];
  const identity = (item: unknown) => JSON.stringify(itemKey(item, shape.keys));
  const result = [...live];
  for (const item of config) {
    const index = result.findIndex((candidate) => identity(candidate) === identity(item));
    const existing = result[index];
    if (isObject(existing) && isObject(item)) result[index] = mergeMaps(existing, item, builtIn);
    else result.push(structuredClone(item));
  }
  return result;
}

function removePath(target: unknown, elements: string[]): void {
  const [element = '', ...rest] = elements;
  const key = element.slice(2);
  if (element.startsWith('f:')) removeField(target, key, rest);
  else if (Array.isArray(target)) removeItem(target, element, key, rest);
}

function removeField(target: unknown, key: string, rest: string[]): void {
  if (!isObject(target)) return;
  if (rest.length === 0) {
    delete target[key];
    return;
  }
  const child = target[key];
  removePath(child, rest);
  if (isEmpty(child)) delete target[key];
}

function removeItem(list: unknown[], element: string, key: string, rest: string[]): void {
  const wanted = JSON.parse(key) as unknown;
  const index = list.findIndex((item) =>
    element.startsWith('v:')
      ? item === wanted
      : isObject(wanted) && sameJson(itemKey(item, Object.keys(wanted)), wanted),
  );
  if (index < 0) return;
  if (rest.length === 0) list.splice(index, 1);
  else removePath(list[index], rest);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function withoutNulls(value: JsonObject): JsonObject {
  const clean = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(clean);
    return isObject(item) ? withoutNulls(item) : item;
  };
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, clean(item)]));
}
