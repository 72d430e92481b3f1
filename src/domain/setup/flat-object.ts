import { isJsonObject, type Json, type JsonObject, objectAt } from '../json.ts';

/** The leaves of a Kubernetes object by their paths: `spec.template.spec.containers[auth].image`. */
export type FlatObject = ReadonlyMap<string, Leaf>;
export type Leaf = string | number | boolean;

/** The last part of the path under which the length of a list stands that is replaced as a whole. */
export const LENGTH = 'length';

// Lists that Kubernetes merges by one field of their items; an order of their own, or items that others added, are no change.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  env: ['name'],
  ephemeralContainers: ['name'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  initContainers: ['name'],
  ports: ['containerPort', 'port'],
  secrets: ['name'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
  volumes: ['name'],
  webhooks: ['name'],
};
const BASE64_LINES = /\s+/g;

/** An object as the cluster has it: what a chart cannot set, and what a Secret says twice, is left out. */
export function flatten(body: JsonObject): FlatObject {
  const leaves = new Map<string, Leaf>();
  const { apiVersion: _version, kind, metadata: _metadata, status: _status, ...rest } = body;
  const { labels, annotations } = objectAt(body, 'metadata');
  add('metadata', { labels: labels ?? null, annotations: annotations ?? null }, leaves);
  const content = kind === 'Secret' ? asData(rest) : rest;
  for (const [key, value] of Object.entries(content)) add(key, value, leaves);
  return leaves;
}

// The cluster keeps `stringData` as `data`.
function asData({ data, stringData, ...rest }: JsonObject): JsonObject {
  const decoded = Object.entries(isJsonObject(data) ? data : {}).map(([key, value]) => [
    key,
    Buffer.from(String(value ?? '').replaceAll(BASE64_LINES, ''), 'base64').toString('latin1'),
  ]);
  const plain = Object.entries(isJsonObject(stringData) ? stringData : {}).map(([key, value]) => [
    key,
    Buffer.from(String(value ?? '')).toString('latin1'),
  ]);
  return { ...rest, data: Object.fromEntries([...decoded, ...plain]) as JsonObject };
}

function add(path: string, value: Json, leaves: Map<string, Leaf>): void {
  if (value === null) return;
  if (Array.isArray(value)) addList(path, value as readonly Json[], leaves);
  else if (isJsonObject(value))
    for (const [key, item] of Object.entries(value)) add(`${path}.${key}`, item, leaves);
  else leaves.set(path, value as Leaf);
}

function addList(path: string, items: readonly Json[], leaves: Map<string, Leaf>): void {
  const field = path.slice(path.lastIndexOf('.') + 1);
  const candidates = MERGE_KEYS[field];
  if (candidates === undefined) leaves.set(`${path}.${LENGTH}`, items.length);
  const key = candidates?.find((candidate) => items.some((item) => keyOf(item, candidate) !== undefined));
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const name = key === undefined ? undefined : keyOf(item, key);
    // An item without the key, or with one that another has, must not take the others' names away.
    const isOnly = name !== undefined && !seen.has(name);
    if (name !== undefined) seen.add(name);
    add(`${path}[${isOnly ? name : index}]`, item, leaves);
  }
}

function keyOf(item: Json, key: string): string | undefined {
  const value = isJsonObject(item) ? item[key] : undefined;
  return value === undefined || value === null ? undefined : String(value);
}
