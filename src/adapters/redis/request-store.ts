import type { AuditEvent } from '../../domain/audit/audit.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { Replacement, RequestFilter, RequestStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseRequest } from './schemas.ts';

const ANY = '*';
const DEFAULT_LIMIT = 100;

/** Requests in Redis: one JSON value each, found by kind, state, cluster, person and time through sorted sets. */
export function createRequestStore(redis: RedisClient, chain: AuditChain): RequestStore {
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
  redis: RedisClient,
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

function indexesOf(request: Request): string[] {
  const { state, cluster, kind, asker } = request;
  const people = request.kind === 'access' ? [asker, request.spec.beneficiary] : [asker];
  return [
    ...[ANY, state].flatMap((anyState) =>
      [ANY, cluster].flatMap((anyCluster) =>
        [ANY, kind].map((anyKind) => KEYS.requests(anyState, anyCluster, anyKind)),
      ),
    ),
    ...[...new Set(people)].map(KEYS.requestsOfPerson),
  ];
}

async function list(redis: RedisClient, filter: RequestFilter): Promise<Request[]> {
  const { limit = DEFAULT_LIMIT, states = [ANY], cluster = ANY, kind = ANY } = filter;
  if (limit < 1) return [];
  const { person } = filter;
  // A person's requests are in one index; what does not match is left out below.
  const [indexes, last] =
    person === undefined
      ? [states.map((state) => KEYS.requests(state, cluster, kind)), limit - 1]
      : [[KEYS.requestsOfPerson(person)], -1];
  const found = await Promise.all(indexes.map((index) => withRedis(() => redis.zrevrange(index, 0, last))));
  const ids = [...new Set(found.flat())];
  if (ids.length === 0) return [];
  const stored = await withRedis(() => redis.mget(ids.map(KEYS.request)));
  const requests = ids.flatMap((id, at) => {
    const value = stored[at];
    return typeof value === 'string' ? [parseRequest(value, id)] : [];
  });
  // A request may have moved on between the two reads: what does not match any more is left out.
  return requests
    .filter(({ state }) => filter.states === undefined || filter.states.includes(state))
    .filter((request) => filter.kind === undefined || request.kind === filter.kind)
    .filter((request) => filter.cluster === undefined || request.cluster === filter.cluster)
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
