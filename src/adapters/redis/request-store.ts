import { KastellanError } from '../../domain/errors.ts';
import { OPEN_STATES, type Request } from '../../domain/requests/request.ts';
import type { RequestFilter, RequestStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { createJsonStore, type IndexEntry, type JsonStore } from './json-store.ts';
import { KEYS } from './keys.ts';
import { parseRequest } from './schemas.ts';

const ANY = '*';
const DEFAULT_LIMIT = 100;

/**
 * Requests in Redis: one JSON value each, found by kind, state, cluster, person and time through sorted sets.
 * What it returns throws KastellanError `request.exists`.
 */
export function createRequestStore(redis: RedisClient, chain: AuditChain): RequestStore {
  const store = createJsonStore(redis, chain, { key: KEYS.request, parse: parseRequest, indexes: indexesOf });
  return {
    /** @throws KastellanError `request.exists` when the id is taken, or break-glass was taken or shut meanwhile */
    async create(request, event, taking) {
      const alongside = taking && { key: KEYS.breakGlass(taking.person), next: taking.next };
      if (!(await store.create(request.id, request, event, alongside))) throw exists(request.id);
    },
    find: store.find,
    list: (filter) => list(redis, store, filter),
    async changedSince(since) {
      const from = since.getTime();
      await withRedis(() => redis.zremrangebyscore(KEYS.requestsChanged, '-inf', `(${from}`));
      return store.inIndex(KEYS.requestsChanged);
    },
    replace: (next, expectedVersion, event) =>
      store.replace(next.id, next, (stored) => stored?.version === expectedVersion, event),
  };
}

function indexesOf(request: Request): IndexEntry[] {
  const { state, cluster, kind } = request;
  const indexes = [
    ...[ANY, state].flatMap((anyState) =>
      [ANY, cluster].flatMap((anyCluster) =>
        [ANY, kind].map((anyKind) => KEYS.requests(anyState, anyCluster, anyKind)),
      ),
    ),
    ...[...new Set(peopleOf(request))].map(KEYS.requestsOfPerson),
  ];
  return [
    { index: KEYS.requestsChanged, score: Date.parse(request.changedAt) },
    ...indexes.map((index) => ({ index, score: Date.parse(request.createdAt) })),
  ];
}

async function list(
  redis: RedisClient,
  store: JsonStore<Request>,
  filter: RequestFilter,
): Promise<Request[]> {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  if (limit < 1) return [];
  const found = await Promise.all(
    indexesFor(filter).map((index) => newestOf(redis, store, index, filter, limit)),
  );
  const byId = new Map(found.flat().map((request) => [request.id, request]));
  return [...byId.values()]
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
    .slice(0, limit);
}

// Few requests are open, however long the history of a person is.
function indexesFor({ states, cluster, kind, person }: RequestFilter): string[] {
  const isOpen = states?.every((state) => OPEN_STATES.includes(state)) ?? false;
  if (person !== undefined && !isOpen) return [KEYS.requestsOfPerson(person)];
  return (states ?? [ANY]).map((state) => KEYS.requests(state, cluster ?? ANY, kind ?? ANY));
}

/** The newest of an index that match, read only until there are enough of them. */
async function newestOf(
  redis: RedisClient,
  store: JsonStore<Request>,
  index: string,
  filter: RequestFilter,
  limit: number,
): Promise<Request[]> {
  const found: Request[] = [];
  for (let from = 0; found.length < limit; from += limit) {
    const ids = await withRedis(() => redis.zrevrange(index, from, from + limit - 1));
    const requests = await store.findEach(ids);
    found.push(...requests.filter((request) => matches(request, filter)));
    if (ids.length < limit) break;
  }
  return found;
}

// A request may have moved on since the index was read.
function matches(request: Request, { states, kind, cluster, person }: RequestFilter): boolean {
  if (states !== undefined && !states.includes(request.state)) return false;
  if (kind !== undefined && request.kind !== kind) return false;
  if (cluster !== undefined && request.cluster !== cluster) return false;
  return person === undefined || peopleOf(request).includes(person);
}

/** Slack user ids of who asked for it, and of who would be given it. */
function peopleOf(request: Request): string[] {
  return request.kind === 'access' ? [request.asker, request.spec.beneficiary] : [request.asker];
}

function exists(id: string): KastellanError {
  return new KastellanError({
    code: 'request.exists',
    message: `There already is a request ${id}.`,
    hint: 'Send it again: it will get another number.',
  });
}
