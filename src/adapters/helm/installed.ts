import { KastellanError } from '../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../domain/json.ts';
import type { AuthKeys } from '../../domain/setup/auth-values.ts';
import type { InstalledRelease } from '../../ports/releases.ts';
import { parseJson } from './values.ts';

/**
 * A template for `helm get all` that prints a revision as JSON: what it is, the user's values, and what its chart itself has
 * below `auth`. The release keeps the chart it was made from, whatever the values of the user take away. Texts are in
 * hexadecimal, because templates can quote for Go and JavaScript, but not for JSON.
 * @see https://pkg.go.dev/text/template#hdr-Functions
 */
export const INSTALLED_TEMPLATE = [
  '{{ define "json" }}{{ $type := printf "%T" . }}{{ $comma := "" }}',
  '{{ if eq $type "map[string]interface {}" }}{{ "{" }}',
  '{{ range $key, $value := . }}{{ $comma }}"{{ printf "%x" $key }}":{{ template "json" $value }}{{ $comma = "," }}{{ end }}',
  '}{{ else if eq $type "[]interface {}" }}[',
  '{{ range . }}{{ $comma }}{{ template "json" . }}{{ $comma = "," }}{{ end }}',
  ']{{ else if eq $type "string" }}"{{ printf "%x" . }}"',
  '{{ else if eq $type "<nil>" }}null{{ else }}{{ printf "%v" . }}{{ end }}{{ end }}',
  '{{ with .Release }}{"revision":{{ .Version }},"status":"{{ .Info.Status }}",',
  '"updatedAt":"{{ .Info.LastDeployed.Format "2006-01-02T15:04:05.999999999Z07:00" }}",',
  '"chart":"{{ .Chart.Metadata.Name }}","chartVersion":"{{ .Chart.Metadata.Version }}",',
  '"values":{{ template "json" .Config }},"chartAuth":{{ template "json" .Chart.Values.auth }}}{{ end }}',
].join('');

/**
 * Reads what that template printed.
 * @throws KastellanError `helm.unknown` where it tells no revision, status or values: everything that follows depends on them
 */
export function parseInstalled(output: string): InstalledRelease {
  const record = parseJson(output);
  if (!isJsonObject(record)) throw unreadable('is no JSON');
  const { chart, chartVersion, revision, status, updatedAt, values } = record;
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 1)
    throw unreadable('names no revision');
  if (typeof status !== 'string' || status === '') throw unreadable('names no status');
  if (!isJsonObject(values)) throw unreadable('holds no values');
  return {
    chart: textOr(chart, ''),
    chartVersion: textOr(chartVersion, ''),
    revision,
    status,
    updatedAt: asIsoTime(textOr(updatedAt, '')),
    values: fromHex(values),
    authKeys: keysOf(fromHex(objectAt(record, 'chartAuth'))),
  };
}

function fromHex(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [textFromHex(key), decoded(value)]));
}

function decoded(value: Json): Json {
  if (typeof value === 'string') return textFromHex(value);
  if (isJsonObject(value)) return fromHex(value);
  return Array.isArray(value) ? (value as readonly Json[]).map(decoded) : value;
}

function textFromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString();
}

function keysOf(auth: JsonObject): AuthKeys {
  const modes = Object.entries(auth).filter(([, settings]) => isJsonObject(settings));
  return new Map(modes.map(([mode]) => [mode, new Set(Object.keys(objectAt(auth, mode)))]));
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
