import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { InstalledRelease } from '../../ports/releases.ts';
import { parseJson } from './values.ts';

/**
 * Reads `helm get metadata -o json`.
 * @throws KastellanError `helm.unknown` where it tells no revision or no status: everything that follows depends on them
 */
export function parseInstalled(output: string): InstalledRelease {
  const metadata = parseJson(output);
  if (!isJsonObject(metadata)) throw unreadable('is no JSON');
  const { chart, version, revision, status, deployedAt } = metadata;
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1)
    throw unreadable('names no revision');
  if (typeof status !== 'string' || status === '') throw unreadable('names no status');
  return {
    chart: textOr(chart, ''),
    chartVersion: textOr(version, ''),
    revision,
    status,
    updatedAt: asIsoTime(textOr(deployedAt, '')),
  };
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

function asIsoTime(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

function unreadable(why: string): KastellanError {
  return new KastellanError({ code: 'helm.unknown', message: `Helm's answer about the release ${why}.` });
}
