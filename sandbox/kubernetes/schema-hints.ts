import { isObject, type JsonObject } from './json.ts';

/**
 * What the API server's schemas say about lists and maps, as far as it matters for patches and field ownership.
 * Lists that are not named here are replaced as a whole.
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
const keyedLists: Record<string, readonly string[]> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  secrets: ['name'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
};

const atomicMaps = new Set([
  'selector',
  'nodeSelector',
  'roleRef',
  'secretKeyRef',
  'configMapKeyRef',
  'fieldRef',
  'resourceFieldRef',
  'labelSelector',
  'podSelector',
  'namespaceSelector',
]);

export type ListShape =
  | { type: 'map'; keys: readonly string[]; patchKey: string }
  | { type: 'set' }
  | { type: 'atomic' };

const atomic: ListShape = { type: 'atomic' };

/** How the list under `field` is merged; `items` tells the ports of a container from those of a Service. */
export function listShape(field: string, items: readonly unknown[], builtIn: boolean): ListShape {
  if (field === 'finalizers') return { type: 'set' };
  if (!builtIn && field !== 'ownerReferences') return atomic;
  if (field === 'ports') return portsShape(items);
  const keys = keyedLists[field];
  // `items`, `secrets` and the like also name plain lists elsewhere, so every item must have its keys.
  const usable = keys && items.every((item) => isObject(item) && (keys[0] ?? '') in item);
  return usable ? { type: 'map', keys, patchKey: keys[0] ?? '' } : atomic;
}

function portsShape(items: readonly unknown[]): ListShape {
  const has = (key: string) => items.length > 0 && items.every((item) => isObject(item) && key in item);
  if (has('containerPort'))
    return { type: 'map', keys: ['containerPort', 'protocol'], patchKey: 'containerPort' };
  return has('port') ? { type: 'map', keys: ['port', 'protocol'], patchKey: 'port' } : atomic;
}

/** True for maps that belong to one writer as a whole. */
export function isAtomicMap(field: string, builtIn: boolean): boolean {
  return builtIn && atomicMaps.has(field);
}

/** The identity of an item of a keyed list, with the schema's default where the item leaves a key out. */
export function itemKey(item: unknown, keys: readonly string[]): JsonObject {
  const source = isObject(item) ? item : {};
  return Object.fromEntries(
    [...keys].sort().map((key) => [key, source[key] ?? (key === 'protocol' ? 'TCP' : null)]),
  );
}
