import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { RenderedObject } from '../../domain/setup/manifest.ts';
import { type LiveObjects, objectKey } from '../../domain/setup/other-changes.ts';
import type { Connection } from './connection.ts';
import { kubernetesError, statusCodeOf } from './errors.ts';
import type { RawObjects } from './raw-objects.ts';

/** What the cluster holds of these objects; what Kastellan may not read is left out. */
export async function readObjects(
  { objects }: Connection,
  wanted: readonly RenderedObject[],
): Promise<LiveObjects> {
  const seen = await Promise.all(
    wanted.map(async (object) => [objectKey(object), await read(objects, object)] as const),
  );
  return new Map(seen.filter((entry): entry is [string, JsonObject | 'missing'] => entry[1] !== undefined));
}

async function read(
  objects: RawObjects,
  object: RenderedObject,
): Promise<JsonObject | 'missing' | undefined> {
  try {
    const body: Json = await objects.readRaw(object);
    return isJsonObject(body) ? body : undefined;
  } catch (thrown) {
    const code = statusCodeOf(thrown);
    if (code === 404) return 'missing';
    if (code === 403) return undefined;
    const { namespace, name, kind } = object;
    const call = { verb: 'get', resource: kind, name, ...(namespace !== undefined && { namespace }) };
    throw kubernetesError(thrown, call);
  }
}
