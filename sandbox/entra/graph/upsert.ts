import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Entry, Kind, Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { checkBody } from './check-body.ts';
import { typeName } from './defaults.ts';
import { findAnyway, readKey } from './lookup.ts';
import { notFound } from './problem.ts';
import { writable } from './shapes.ts';
import { single } from './show.ts';

/** How objects of one kind are made and changed. Both raise Graph's refusals. */
interface Writes {
  readonly kind: Exclude<Kind, 'user'>;
  /** The alternate key by which a PATCH may make an object that is not there. */
  readonly upsertBy: string;
  create(world: World, request: FastifyRequest, body: Properties): Entry;
  change(world: World, request: FastifyRequest, entry: Entry, body: Properties): void;
}

/**
 * Answers a PATCH: changes the object that `path` names, or makes it where the request asks for an upsert. An upsert
 * finds its object even while readers do not see it yet. Raises Graph's 400 and 404.
 * @see https://learn.microsoft.com/graph/api/group-upsert
 */
export function patch(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  { kind, upsertBy, create, change }: Writes,
): FastifyReply {
  const key = readKey(kind, path);
  const body = checkBody(request.body, writable[kind], typeName(kind));
  const upsert = key.property === upsertBy && prefersCreation(request);
  const existing = findAnyway(world, kind, key);
  if (upsert && !existing) {
    const made = create(world, request, { ...body, [upsertBy]: key.value });
    return reply.code(201).send(single(world, request, made));
  }
  if (!existing || (!upsert && !world.directory.isVisible(existing))) throw notFound(key.value);
  change(world, request, existing, body);
  return reply.code(204).send();
}

/** Whether a PATCH asks for an upsert. */
export function prefersCreation(request: FastifyRequest): boolean {
  return String(request.headers['prefer'] ?? '').includes('create-if-missing');
}
