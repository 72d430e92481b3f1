import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { isSecretKey } from './secrets-in.ts';

const SPECIAL = /[\\.,=[\]{}]/g;

/**
 * The integers among values as `helm --set` writes them: `limiter.perAction=1000710000`. Helm keeps a number given by `--set`
 * as an integer and every other one as a float64, which templates print as `1.00071e+09`; which of the two a number was
 * cannot be read back from a release. Numbers below a key that names a secret are left out: others can read arguments.
 * @see https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set
 */
export function integersIn(values: JsonObject): string[] {
  return collect(values, '');
}

function collect(value: Json, path: string): string[] {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [`${path}=${value}`] : [];
  if (Array.isArray(value))
    return (value as readonly Json[]).flatMap((item, index) => collect(item, `${path}[${index}]`));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === '' || isSecretKey(key)) return [];
    const name = key.replace(SPECIAL, '\\$&');
    return collect(item, path === '' ? name : `${path}.${name}`);
  });
}

/** Whether templates print this integer in another way than the same number as a float64: from a million on. */
export function isPrintedOtherwise(integer: string): boolean {
  return Math.abs(Number(integer.slice(integer.lastIndexOf('=') + 1))) >= 1_000_000;
}
