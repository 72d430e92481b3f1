import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Connection } from './connection.ts';
import type { Call } from './errors.ts';

/** A kind that a cluster may or may not know. */
export interface CustomKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

type Caller = <Answer>(call: Call, send: () => Promise<Answer>) => Promise<Answer | undefined>;

/**
 * The objects of a kind, in one namespace or (without one) all.
 * @param through decides what an unknown kind or a missing right means
 */
export async function listCustom(
  { custom }: Connection,
  kind: CustomKind,
  namespace: string | undefined,
  through: Caller,
): Promise<JsonObject[]> {
  const resource = `${kind.plural}.${kind.group}`;
  const answer: unknown =
    namespace === undefined
      ? await through(
          { verb: 'list', resource },
          async (): Promise<unknown> => custom.listClusterCustomObject(kind),
        )
      : await through(
          { verb: 'list', resource, namespace },
          async (): Promise<unknown> => custom.listNamespacedCustomObject({ ...kind, namespace }),
        );
  const items = isJsonObject(answer as Json | undefined) ? (answer as JsonObject)['items'] : undefined;
  return Array.isArray(items) ? (items as readonly Json[]).filter(isJsonObject) : [];
}

/** The text under a path of keys, or `undefined`. */
export function textAt(object: JsonObject, ...path: readonly string[]): string | undefined {
  let value: Json | undefined = object;
  for (const key of path) value = isJsonObject(value) ? value[key] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
