import { KastellanError } from '../../domain/errors.ts';
import { type Request, UNFINISHED_STATES } from '../../domain/requests/request.ts';
import type { RequestFilter, RequestStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { createJsonStore, type IndexEntry, type JsonStore } from './json-store.ts';
import { ANY, KEYS } from './keys.ts';
import { parseRequest } from './schemas.ts';

const DEFAULT_LIMIT = 100;

/**
 * Requests in Redis: one JSON value each, found by kind, state, cluster, person and time through sorted sets.
 * What it returns throws KastellanError `request.exists`.
 */
export function createRequestStore(redis: RedisClient, chain: AuditChain): RequestStore {
  const store = createJsonStore(redis, chain, {
    key: KEYS.request,
    parse: parseRequest,
    indexes: indexesOfRequest,
  });
  return {
    /** @throws KastellanError `request.exists` when the id is taken, or break-glass was taken or shut meanwhile */
    async create(request, event, taking) {
      const alongside = taking?.map(({ person, next }) => ({ key: KEYS.breakGlass(person), next }));
      if (!(await store.create(request.id, request, event, alongside))) throw exists(request.id);
    },
    find: store.find,
    list: (filter) => list(redis, store, filter),
    countAccessFor: (person, since) => countAccessFor(redis, store, person, since),
    async changedSince(since) {
      const from = since.getTime();
      await withRedis(() => redis.zremrangebyscore(KEYS.requestsChanged, '-inf', `(${from}`));
      return store.inIndex(KEYS.requestsChanged);
    },
    replace: (next, expectedVersion, event) =>
      store.replace(next.id, next, (stored) => stored?.version === expectedVersion, event),
  };
}

/** Every sorted set in which a request stands. */
export function indexesOfRequest(request: Request): IndexEntry[] {
  const { state, cluster, kind } = request;
  const indexes = [
    ...[ANY, state].flatMap((anyState) =>
      [ANY, cluster].flatMap((anyCluster) =>
        [ANY, kind].map((anyKind) => KEYS.requests(anyState, anyCluster, anyKind)),
      ),
    ),
    ...[...new Set(peopleOf(request))].map(KEYS.requestsOfPerson),
    ...(request.kind === 'access' ? [KEYS.accessFor(request.spec.beneficiary)] : []),
  ];
  return [
    { index: KEYS.requestsChanged, score: Date.parse(request.changedAt) },
    ...indexes.map((index) => ({ index, score: Date.parse(request.createdAt) })),
  ];
}

async function countAccessFor(
  redis: RedisClient,
  store: JsonStore<Request>,
  person: string,
  since: Date,
): Promise<number> {
  const idsIn = (index: string) => withRedis(() => redis.zrangebyscore(index, since.getTime(), '+inf'));
  const [all, known] = await Promise.all([
    idsIn(KEYS.requestsOfPerson(person)),
    idsIn(KEYS.accessFor(person)),
  ]);
  // What an earlier version stored is not known to be for them, or for others.
  const isKnown = new Set(known);
  const unknown = await store.findEach(all.filter((id) => !isKnown.has(id)));
  const found = unknown.filter(({ kind, spec }) => kind === 'access' && spec.beneficiary === person);
  const scores = found.flatMap(({ id, createdAt }) => [Date.parse(createdAt), id]);
  if (found.length > 0) await withRedis(() => redis.zadd(KEYS.accessFor(person), ...scores));
  return known.length + found.length;
}

async function list(
  redis: RedisClient,
  store: JsonStore<Request>,
  filter: RequestFilter,
): Promise<Request[]> {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  if (limit < 1) return [];
  const found = await Promise.all(
    sourcesFor(filter).map((source) => newestOf(redis, store, source, filter, limit)),
  );
  const byId = new Map(found.flat().map((request) => [request.id, request]));
  return [...byId.values()]
    .toSorted((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
    .slice(0, limit);
}

/** Where those stand that may match, the newest last. */
interface Source {
  readonly index: string;
  /** Only those that stand there, too. */
  readonly within?: string;
}

function sourcesFor({ states, cluster, kind, person }: RequestFilter): Source[] {
  const indexes = (states ?? [ANY]).map((state) => KEYS.requests(state, cluster ?? ANY, kind ?? ANY));
  if (person === undefined) return indexes.map((index) => ({ index }));
  const within = KEYS.requestsOfPerson(person);
  // Few requests are open, however long the history of a person is.
  const isOpen = states?.every((state) => UNFINISHED_STATES.includes(state)) ?? false;
  return isOpen ? indexes.map((index) => ({ index, within })) : [{ index: within }];
}

/** The newest of a source that match, read only until there are enough of them. */
async function newestOf(
  redis: RedisClient,
  store: JsonStore<Request>,
  { index, within }: Source,
  filter: RequestFilter,
  limit: number,
): Promise<Request[]> {
  const found: Request[] = [];
  const both =
    within === undefined ? undefined : (await withRedis(() => redis.zinter(2, [index, within]))).toReversed();
  for (let from = 0; found.length < limit; from += limit) {
    const to = from + limit - 1;
    const ids = both?.slice(from, to + 1) ?? (await withRedis(() => redis.zrevrange(index, from, to)));
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
