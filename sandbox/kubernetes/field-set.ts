import { isObject, type JsonObject } from './json.ts';
import { isAtomicMap, itemKey, listShape } from './schema-hints.ts';

/**
 * A set of fields of one object. Each path is the chain of `FieldsV1` elements (`f:spec`, `k:{"name":"x"}`, `v:"y"`),
 * joined by a character that no element contains.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ (managedFields)
 */
export type FieldSet = Set<string>;

const separator = '\u0000';

/** The value at every owned path: leaves, keyed list items, and maps or lists without content. */
export type FieldValues = Map<string, unknown>;

/** Paths no writer owns: identity and what the server keeps itself. */
const serverMetadata = [
  'name',
  'namespace',
  'generateName',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'managedFields',
];
const serverFields = new Set([
  'f:apiVersion',
  'f:kind',
  ...serverMetadata.map((name) => `f:metadata${separator}f:${name}`),
]);

/** Every field a writer of `object` would own, with its value. */
export function fieldValues(object: JsonObject, builtIn: boolean): FieldValues {
  const values: FieldValues = new Map();
  for (const [key, value] of Object.entries(object)) visit(values, [`f:${key}`], key, value, builtIn);
  for (const path of [...values.keys()]) if (isServerField(path)) values.delete(path);
  return values;
}

function isServerField(path: string): boolean {
  const [first = '', second = ''] = elementsOf(path);
  return serverFields.has(first) || serverFields.has(`${first}${separator}${second}`);
}

function visit(values: FieldValues, path: string[], field: string, value: unknown, builtIn: boolean): void {
  if (value === undefined) return;
  if (Array.isArray(value)) visitList(values, path, field, value, builtIn);
  else if (isObject(value) && Object.keys(value).length > 0 && !isAtomicMap(field, builtIn)) {
    for (const [key, item] of Object.entries(value)) visit(values, [...path, `f:${key}`], key, item, builtIn);
  } else values.set(path.join(separator), value);
}

function visitList(
  values: FieldValues,
  path: string[],
  field: string,
  list: unknown[],
  builtIn: boolean,
): void {
  const shape = listShape(field, list, builtIn);
  if (shape.type === 'atomic' || list.length === 0) {
    values.set(path.join(separator), list);
    return;
  }
  for (const item of list) {
    const element =
      shape.type === 'set' ? `v:${JSON.stringify(item)}` : `k:${JSON.stringify(itemKey(item, shape.keys))}`;
    const itemPath = [...path, element];
    values.set(itemPath.join(separator), shape.type === 'set' ? item : true);
    if (!isObject(item)) continue;
    for (const [key, part] of Object.entries(item)) {
      visit(values, [...itemPath, `f:${key}`], key, part, builtIn);
    }
  }
}

/** The elements of a path. */
export function elementsOf(path: string): string[] {
  return path.split(separator);
}

/** True if `path` is `ancestor` or lies under it. */
export function isUnder(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}${separator}`);
}

/** The tree that goes into `fieldsV1`. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const root: JsonObject = {};
  const ends = [...set].sort().map((path) => elementsOf(path).reduce(childOf, root));
  for (const node of ends) if (Object.keys(node).length > 0) node['.'] = {};
  return root;
}

function childOf(node: JsonObject, element: string): JsonObject {
  const next = node[element];
  const child = isObject(next) ? next : {};
  node[element] = child;
  return child;
}

/** The set that a `fieldsV1` tree stands for. */
export function fromFieldsV1(tree: JsonObject, prefix: string[] = []): FieldSet {
  const set: FieldSet = new Set();
  for (const [element, child] of Object.entries(tree)) {
    if (element === '.') set.add(prefix.join(separator));
    else if (isObject(child) && Object.keys(child).length > 0) {
      for (const path of fromFieldsV1(child, [...prefix, element])) set.add(path);
    } else set.add([...prefix, element].join(separator));
  }
  return set;
}

/** A path as error messages show it: `.spec.template.spec.containers[name="x"].image`. */
export function pathText(path: string): string {
  return elementsOf(path)
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      const keys = Object.entries(JSON.parse(rest) as JsonObject);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    })
    .join('');
}

/** The paths of `set` that are not in `other`. */
export function without(set: FieldSet, other: FieldSet): FieldSet {
  return new Set([...set].filter((path) => !other.has(path)));
}
