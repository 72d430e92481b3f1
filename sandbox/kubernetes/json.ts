/** Any value that can travel as JSON. */
export interface JsonObject {
  [key: string]: unknown;
}

/** True for a plain object, false for lists, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy without the fields whose value is null, at any depth. */
export function withoutNulls(object: JsonObject): JsonObject {
  const kept = Object.entries(object).filter(([, value]) => value !== null);
  return Object.fromEntries(kept.map(([key, value]) => [key, copyWithoutNulls(value)]));
}

function copyWithoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyWithoutNulls);
  return isObject(value) ? withoutNulls(value) : value;
}

/** The value found by walking `path` from `value`, or undefined as soon as a step is missing. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current)) current = current[Number(step)];
    else if (isObject(current)) current = current[String(step)];
    else return undefined;
  }
  return current;
}

/** As `at`, but an empty object where there is none. */
export function objectAt(value: unknown, ...path: (string | number)[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** As `at`, but an empty list where there is none. */
export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** As `at`, but an empty string where there is none. */
export function stringAt(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** As `at`, but the fallback where there is no number. */
export function numberAt(fallback: number, value: unknown, ...path: (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : fallback;
}

/** The strings among the values of a list. */
export function stringsAt(value: unknown, ...path: (string | number)[]): string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** JSON text that is the same for equal values, whatever the order of their keys. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** True for values that are the same as JSON. */
export function sameJson(a: unknown, b: unknown): boolean {
  // Not isDeepStrictEqual: it tells apart equal objects that come from different JavaScript realms.
  return a === b || canonicalText(a) === canonicalText(b);
}
