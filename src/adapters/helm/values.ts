import type { Json, JsonObject } from '../../domain/json.ts';

/** JSON text as a value, or `undefined`; the text itself, which may hold secrets, is in no error. */
export function parseJson(output: string): Json | undefined {
  try {
    return JSON.parse(output) as Json;
  } catch {
    return undefined;
  }
}

// Helm's YAML reader turns a raw U+0085 into a space, ends lines at U+2028 and U+2029, and refuses or drops the others.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Values as JSON for `helm upgrade -f -`: the one form in which no text looks like a number, a flag or a comment to Helm.
 * Characters that its YAML reader would change are escaped.
 */
export function valuesToJson(values: JsonObject): string {
  return JSON.stringify(values).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
