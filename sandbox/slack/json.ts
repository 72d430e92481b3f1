/** An object as it comes off the wire: nothing is known about its fields. */
export type Json = Record<string, unknown>;

/** Whether `value` is a plain object (not null, not a list). */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects in `value`, or none when it is not a list. */
export function jsonList(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** `value` when it is a string, else ''. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Parses JSON that may be anything; undefined when it is not JSON. */
export function parseJson(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    return undefined;
  }
}
