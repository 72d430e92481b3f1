import type { Entry, Kind } from '../directory.ts';
import type { World } from '../world.ts';
import { isGuid } from './check-body.ts';
import { badRequest, GraphProblem, missing, notFound } from './problem.ts';

/** How a key in the path was written: `{id}` or `(uniqueName='...')`, which arrives here as `uniqueName=...`. */
export interface Key {
  readonly property: string;
  readonly value: string;
}

const alternateKeys: Record<Kind, readonly string[]> = {
  group: ['uniqueName'],
  application: ['uniqueName', 'appId'],
  servicePrincipal: ['appId'],
  user: [],
};

/** Takes a path's key apart. Raises Graph's 400 for a key the kind does not have. */
export function readKey(kind: Kind, text: string): Key {
  const cut = text.indexOf('=');
  if (cut < 0) return { property: 'id', value: text };
  const property = text.slice(0, cut);
  if (!alternateKeys[kind].includes(property)) {
    throw new GraphProblem(400, 'BadRequest', `The key '${property}' is not an alternate key of '${kind}'.`);
  }
  return { property, value: text.slice(cut + 1) };
}

/** The object a path names, as a reader sees it now. Raises Graph's 404, also during replication lag. */
export function find(world: World, kind: Kind, text: string): Entry {
  const key = readKey(kind, text);
  const entry = findAnyway(world, kind, key);
  if (!entry || !world.directory.isVisible(entry)) throw notFound(key.value);
  return entry;
}

/** The object a key names, even if readers do not see it yet. */
export function findAnyway(world: World, kind: Kind, key: Key): Entry | undefined {
  if (key.property !== 'id') return world.directory.findBy(kind, key.property, key.value);
  const entry = world.directory.entries.get(key.value.toLowerCase());
  if (entry?.kind === kind) return entry;
  return kind === 'user' ? world.directory.findBy('user', 'userPrincipalName', key.value) : undefined;
}

const referencePath = /^\/v1\.0\/(?:directoryObjects|users|groups|servicePrincipals)\/([^/]+)$/;

/**
 * The object that an `@odata.id` or `@odata.bind` names. The address must be this Graph's own.
 * Raises 400 for a malformed address and `status` for an object that is not there (yet).
 */
export function findReference(world: World, address: unknown, status: 400 | 404): Entry {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  const id = url && url.origin === world.url ? referencePath.exec(url.pathname)?.[1] : undefined;
  if (!id || !isGuid(id)) throw badRequest('Invalid URL specified for an object reference.');
  const entry = world.directory.entries.get(id.toLowerCase());
  if (entry && world.directory.isVisible(entry)) return entry;
  throw status === 404 ? notFound(id) : badRequest(missing(id));
}

/** Raises Graph's 400 if another object of the kind already has this unique name. */
export function requireUnique(
  world: World,
  kind: Kind,
  property: string,
  value: unknown,
  except?: Entry,
): void {
  if (typeof value !== 'string') return;
  const other = world.directory.findBy(kind, property, value);
  if (!other || other === except) return;
  const message = `Another object with the same value for property ${property} already exists.`;
  throw badRequest(message, [{ code: 'ObjectConflict', message, target: property }]);
}
