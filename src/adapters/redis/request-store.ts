import type { Redis } from 'ioredis';
import type { AuditEvent } from '../../domain/audit.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { Request } from '../../domain/request.ts';
import type { Replacement, RequestStore } from '../../ports.ts';
import type { AuditChain } from './audit-chain.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseRequest } from './schemas.ts';

const ANY = '*';
const DEFAULT_LIMIT = 100;

/** Requests in Redis: one JSON value each, found by state, cluster and time through sorted sets. */
export function createRequestStore(redis: Redis, chain: AuditChain): RequestStore {
  return {
    /** @throws KastellanError `request.exists` when the id is taken */
    async create(request, event) {
      const written = await write(chain, request, undefined, event);
      if (!written) throw exists(request.id);
    },
    async find(id) {
      const stored = await withRedis(() => redis.get(KEYS.request(id)));
      return stored === null ? undefined : parseRequest(stored, id);
    },
    list: (filter) => list(redis, filter),
    replace: (next, expectedVersion, event) => replace(redis, chain, next, expectedVersion, event),
  };
}

async function replace(
  redis: Redis,
  chain: AuditChain,
  next: Request,
  expectedVersion: number,
  event: AuditEvent,
): Promise<Replacement> {
  const stored = await withRedis(() => redis.get(KEYS.request(next.id)));
  if (stored === null) return 'conflict';
  const before = parseRequest(stored, next.id);
  if (before.version !== expectedVersion) return 'conflict';
  return (await write(chain, next, { stored, request: before }, event)) ? 'replaced' : 'conflict';
}

async function write(
  chain: AuditChain,
  next: Request,
  before: { stored: string; request: Request } | undefined,
  event: AuditEvent,
): Promise<boolean> {
  const left = before === undefined ? [] : indexesOf(before.request);
  const entered = indexesOf(next);
  const result = await chain.append(event, {
    check: SAME_AS_BEFORE,
    write: STORE_AND_INDEX,
    keys: [KEYS.request(next.id), ...left, ...entered],
    values: [
      before?.stored ?? '',
      JSON.stringify(next),
      next.id,
      String(Date.parse(next.createdAt)),
      String(left.length),
    ],
  });
  return 'written' in result;
}

// Comparing the whole value is the strictest compare-and-set there is: it also sees a change that kept the version.
const SAME_AS_BEFORE = `
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[5] then return {'conflict'} end`;

const STORE_AND_INDEX = `
local left = tonumber(ARGV[9])
for i = 4, 3 + left do redis.call('ZREM', KEYS[i], ARGV[7]) end
for i = 4 + left, #KEYS do redis.call('ZADD', KEYS[i], ARGV[8], ARGV[7]) end
redis.call('SET', KEYS[3], ARGV[6])`;

function indexesOf({ state, cluster }: Request): string[] {
  return [
    KEYS.requests(ANY, ANY),
    KEYS.requests(ANY, cluster),
    KEYS.requests(state, ANY),
    KEYS.requests(state, cluster),
  ];
}

async function list(redis: Redis, filter: Parameters<RequestStore['list']>[0]): Promise<Request[]> {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  if (limit < 1) return [];
  const indexes = (filter.states ?? [ANY]).map((state) => KEYS.requests(state, filter.cluster ?? ANY));
  const found = await Promise.all(
    indexes.map((index) => withRedis(() => redis.zrevrange(index, 0, limit - 1))),
  );
  const ids = [...new Set(found.flat())];
  if (ids.length === 0) return [];
  const stored = await withRedis(() => redis.mget(ids.map(KEYS.request)));
  const requests = ids.flatMap((id, at) => {
    const value = stored[at];
    return typeof value === 'string' ? [parseRequest(value, id)] : [];
  });
  // A request may have moved on between the two reads: what does not match any more is left out.
  return requests
    .filter((request) => filter.states === undefined || filter.states.includes(request.state))
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
    .slice(0, limit);
}

function exists(id: string): KastellanError {
  return new KastellanError({
    code: 'request.exists',
    message: `There already is a request ${id}.`,
    hint: 'Send it again: it will get another number.',
  });
}
