import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import { parseJson } from './values.ts';

/**
 * Reads `helm history -o json`: what it says of each revision. Entries that name no revision are left out.
 * @throws KastellanError `helm.unknown` where it is no list
 */
export function parseHistory(output: string): ReadonlyMap<number, string> {
  const entries = parseJson(output);
  if (!Array.isArray(entries)) {
    throw new KastellanError({
      code: 'helm.unknown',
      message: "Helm's answer about the history of the release is no list.",
    });
  }
  const descriptions = new Map<number, string>();
  for (const entry of entries) {
    if (!isJsonObject(entry)) continue;
    const { revision, description } = entry;
    if (typeof revision === 'number' && typeof description === 'string')
      descriptions.set(revision, description);
  }
  return descriptions;
}
