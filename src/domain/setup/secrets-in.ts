import { isJsonObject, type Json } from '../json.ts';

const SECRET_KEY =
  /secret|password|passwd|token|credential|private|htpasswd|licen[cs]e|apikey|accesskey|key$/i;
// `clientSecretName` names an object, and to read which one is missing helps.
const NAME_KEY = /(name|ref|enabled)$/i;
const SHORTEST_SECRET = 4;

/** Whether what stands under this key is likely to be a secret. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key) && !NAME_KEY.test(key);
}

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
