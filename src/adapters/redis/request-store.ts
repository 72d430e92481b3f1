import { KastellanError } from '../../domain/errors.ts';
import type { Request } from '../../domain/requests/request.ts';
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
    replace: (next, expectedVersion, event) =>
      store.replace(next.id, next, (stored) => stored?.version === expectedVersion, event),
  };
}

function indexesOf(request: Request): IndexEntry[] {
  const { state, cluster, kind, asker } = request;
  const people = request.kind === 'access' ? [asker, request.spec.beneficiary] : [asker];
  const indexes = [
    ...[ANY, state].flatMap((anyState) =>
      [ANY, cluster].flatMap((anyCluster) =>
        [ANY, kind].map((anyKind) => KEYS.requests(anyState, anyCluster, anyKind)),
      ),
    ),
    ...[...new Set(people)].map(KEYS.requestsOfPerson),
  ];
  return indexes.map((index) => ({ index, score: Date.parse(request.createdAt) }));
}

async function list(
  redis: RedisClient,
  store: JsonStore<Request>,
  filter: RequestFilter,
): Promise<Request[]> {
  const { limit = DEFAULT_LIMIT, states = [ANY], cluster = ANY, kind = ANY } = filter;
  if (limit < 1) return [];
  const { person } = filter;
  // A person's requests are in one index; what does not match is left out below.
  const [indexes, last] =
    person === undefined
      ? [states.map((state) => KEYS.requests(state, cluster, kind)), limit - 1]
      : [[KEYS.requestsOfPerson(person)], -1];
  const found = await Promise.all(indexes.map((index) => withRedis(() => redis.zrevrange(index, 0, last))));
  const requests = await store.findEach([...new Set(found.flat())]);
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
