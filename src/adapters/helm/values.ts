import { dump } from 'js-yaml';
import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/**
 * Reads `helm get values -o json`. JSON is the one form in which values leave Helm unchanged.
 * @throws KastellanError `helm.unknown` when it is no JSON object
 */
export function parseValues(output: string): JsonObject {
  const values = parseJson(output);
  // A release without values of its own; anything unreadable must not look like one.
  if (values === null) return {};
  if (isJsonObject(values)) return values;
  throw new KastellanError({
    code: 'helm.unknown',
    message: "Helm's answer holds no values that Kastellan can read.",
  });
}

/** JSON text as a value, or `undefined`; the text itself, which may hold secrets, is in no error. */
export function parseJson(output: string): Json | undefined {
  try {
    return JSON.parse(output) as Json;
  } catch {
    return undefined;
  }
}

/**
 * Values as YAML for `helm upgrade -f -`. Helm reads YAML 1.1, in which a bare `on` or `1_000` is no string and a raw
 * U+0085 is a space: js-yaml quotes and escapes all of these.
 */
export function valuesToYaml(values: JsonObject): string {
  return dump(values, { noRefs: true, lineWidth: -1 });
}

const SECRET_KEY =
  /secret|password|passwd|token|credential|private|htpasswd|licen[cs]e|apikey|accesskey|key$/i;
// `clientSecretName` names an object, and to read which one is missing helps.
const NAME_KEY = /(name|ref|enabled)$/i;
const SHORTEST_SECRET = 4;

/**
 * Every text below a key that looks like a secret's, with its lines and its base64 form: what must be cut out of anything
 * Helm says, because Helm 4 quotes values that break a chart's schema, and API servers quote what they refuse.
 */
export function secretsIn(values: Json): string[] {
  const found = new Set<string>();
  collect(values, false, found);
  return [...found].sort((one, other) => other.length - one.length);
}

function collect(value: Json, secret: boolean, found: Set<string>): void {
  if (typeof value === 'string') {
    if (secret) addForms(value, found);
  } else if (typeof value === 'number') {
    if (secret) addForms(String(value), found);
  } else if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) collect(item, secret, found);
  } else if (isJsonObject(value)) {
    for (const [key, child] of Object.entries(value)) {
      collect(child, !NAME_KEY.test(key) && (secret || SECRET_KEY.test(key)), found);
    }
  }
}

function addForms(secret: string, found: Set<string>): void {
  const forms = [secret, JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
  for (const form of [...forms, ...secret.split('\n')]) {
    if (form.trim().length >= SHORTEST_SECRET) found.add(form.trim());
  }
}
