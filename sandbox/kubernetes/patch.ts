import { at, isObject, type JsonObject, sameJson } from './json.ts';
import { badRequest, StatusError } from './status-error.ts';

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

interface Operation {
  op: string;
  path: string[];
  from: string[];
  value: unknown;
}

/**
 * RFC 6902.
 * @throws StatusError 400 if the patch is not a list of operations, 422 if one of them does not fit.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  let document: unknown = structuredClone(target);
  for (const raw of patch) {
    const operation = operationOf(raw);
    document = applyOperation(document, operation);
  }
  return document;
}

function operationOf(raw: unknown): Operation {
  return {
    op: String(at(raw, 'op')),
    path: pointer(at(raw, 'path')),
    from: pointer(at(raw, 'from')),
    value: structuredClone(at(raw, 'value')),
  };
}

function pointer(text: unknown): string[] {
  if (typeof text !== 'string' || text === '') return [];
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function doesNotFit(operation: Operation): StatusError {
  const message = `the server rejected our request due to an error in our request: ${operation.op} operation does not apply: doc is missing path: "/${operation.path.join('/')}"`;
  return new StatusError(422, 'Invalid', message, {});
}

function applyOperation(document: unknown, operation: Operation): unknown {
  const { op, path, from, value } = operation;
  if (op === 'test') {
    if (!sameJson(at(document, ...path) ?? null, value ?? null)) {
      throw new StatusError(
        422,
        'Invalid',
        `the server rejected our request due to an error in our request: testing path /${path.join('/')} failed`,
        {},
      );
    }
    return document;
  }
  if (op === 'add' || op === 'replace') return put(document, operation, path, value, op === 'add');
  if (op === 'remove') return remove(document, operation, path);
  if (op === 'copy') return put(document, operation, path, structuredClone(at(document, ...from)), true);
  if (op === 'move') {
    const moved = at(document, ...from);
    return put(remove(document, operation, from), operation, path, moved, true);
  }
  throw badRequest(`unexpected kind of json patch operation: ${op}`);
}

function put(
  document: unknown,
  operation: Operation,
  path: string[],
  value: unknown,
  insert: boolean,
): unknown {
  if (path.length === 0) return value;
  const parent = at(document, ...path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent)) {
    const index = key === '-' ? parent.length : Number(key);
    if (!Number.isInteger(index) || index > parent.length) throw doesNotFit(operation);
    parent.splice(index, insert ? 0 : 1, value);
    return document;
  }
  if (!isObject(parent) || (!insert && !(key in parent))) throw doesNotFit(operation);
  parent[key] = value;
  return document;
}

function remove(document: unknown, operation: Operation, path: string[]): unknown {
  const parent = at(document, ...path.slice(0, -1));
  const key = path.at(-1) ?? '';
  if (Array.isArray(parent) && Number(key) < parent.length) parent.splice(Number(key), 1);
  else if (isObject(parent) && key in parent) delete parent[key];
  else throw doesNotFit(operation);
  return document;
}
