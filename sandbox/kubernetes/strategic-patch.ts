import { isObject, type JsonObject, listAt, sameJson, stringAt } from './json.ts';
import { listShape } from './schema-hints.ts';

/**
 * A strategic merge patch: maps merge, lists of named things merge by their key, `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList` and `$setElementOrder` are obeyed.
 * @see https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMergePatch(target: unknown, patch: JsonObject): JsonObject {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: JsonObject = isObject(target) ? retained(target, patch) : {};
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith('$')) continue;
    if (value === null) delete result[key];
    else result[key] = mergeField(key, result[key], value, patch);
  }
  deleteFromLists(result, patch);
  return result;
}

function retained(target: JsonObject, patch: JsonObject): JsonObject {
  if (!Array.isArray(patch['$retainKeys'])) return { ...target };
  const keep = patch['$retainKeys'];
  return Object.fromEntries(Object.entries(target).filter(([key]) => keep.includes(key)));
}

function mergeField(key: string, current: unknown, value: unknown, patch: JsonObject): unknown {
  if (Array.isArray(value)) return mergeList(key, current, value, patch);
  if (isObject(value)) return strategicMergePatch(current, value);
  return value;
}

function mergeList(key: string, current: unknown, value: unknown[], patch: JsonObject): unknown[] {
  const existing = Array.isArray(current) ? current : [];
  const items = value.filter((item) => !isObject(item) || item['$patch'] !== 'replace');
  if (items.length < value.length) return items.map(withoutDirectivesOf);
  const shape = listShape(key, [...existing, ...value], true);
  if (shape.type === 'set') return [...new Set([...existing, ...value])];
  if (shape.type === 'atomic') return value.map(withoutDirectivesOf);
  const merged = [...existing];
  for (const item of value) mergeItem(merged, item, shape.patchKey);
  return ordered(merged, listAt(patch, `$setElementOrder/${key}`), shape.patchKey);
}

function mergeItem(list: unknown[], item: unknown, key: string): void {
  if (!isObject(item)) return;
  const index = list.findIndex((candidate) => isObject(candidate) && candidate[key] === item[key]);
  if (item['$patch'] === 'delete') {
    if (index >= 0) list.splice(index, 1);
  } else if (index >= 0) list[index] = strategicMergePatch(list[index], item);
  else list.push(withoutDirectives(item));
}

function ordered(list: unknown[], order: unknown[], key: string): unknown[] {
  if (order.length === 0) return list;
  const rank = (item: unknown) => {
    const found = order.findIndex(
      (wanted) => isObject(wanted) && isObject(item) && wanted[key] === item[key],
    );
    return found < 0 ? order.length : found;
  };
  return [...list].sort((a, b) => rank(a) - rank(b));
}

function deleteFromLists(result: JsonObject, patch: JsonObject): void {
  const prefix = '$deleteFromPrimitiveList/';
  for (const directive of Object.keys(patch).filter((key) => key.startsWith(prefix))) {
    const field = directive.slice(prefix.length);
    const gone = listAt(patch, directive);
    result[field] = listAt(result, field).filter((item) => !gone.some((value) => value === item));
  }
}

function withoutDirectivesOf(value: unknown): unknown {
  return isObject(value) ? withoutDirectives(value) : value;
}

/** New parts come as patches too, so nulls and directives inside them must not be stored. */
function withoutDirectives(value: JsonObject): JsonObject {
  const entries = Object.entries(value).filter(([key, item]) => !key.startsWith('$') && item !== null);
  return Object.fromEntries(
    entries.map(([key, item]) => [
      key,
      Array.isArray(item) ? item.map(withoutDirectivesOf) : withoutDirectivesOf(item),
    ]),
  );
}

/** True if two objects are the same apart from what every write changes. */
export function sameContent(a: JsonObject, b: JsonObject): boolean {
  return sameJson(comparable(a), comparable(b));
}

function comparable(object: JsonObject): JsonObject {
  const metadata = { ...(isObject(object['metadata']) ? object['metadata'] : {}) };
  for (const key of ['resourceVersion', 'managedFields', 'generation']) delete metadata[key];
  // An absent map and an empty one are stored alike.
  for (const key of ['labels', 'annotations']) {
    if (isObject(metadata[key]) && Object.keys(metadata[key]).length === 0) delete metadata[key];
  }
  return { ...object, metadata, kind: stringAt(object, 'kind') };
}
