import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { parseJson } from './values.ts';

/** One line of `helm history`. */
export interface HistoryEntry {
  readonly revision: number;
  /** Helm's word; empty where it says none. */
  readonly status: string;
  readonly description: string;
}

/**
 * Reads `helm history -o json`. Entries that name no revision are left out.
 * @throws KastellanError `helm.unknown` where it is no list
 */
export function parseHistory(output: string): readonly HistoryEntry[] {
  const entries = parseJson(output);
  if (!Array.isArray(entries)) {
    throw new KastellanError({
      code: 'helm.unknown',
      message: "Helm's answer about the history of the release is no list.",
    });
  }
  return entries.flatMap((entry) => {
    if (!isJsonObject(entry) || typeof entry['revision'] !== 'number') return [];
    const { revision, status, description } = entry;
    return [{ revision, status: textOf(status), description: textOf(description) }];
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
