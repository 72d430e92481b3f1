import { type Grant, isLive, missingReviews } from '../../domain/access/grant.ts';
import type { AuditEvent } from '../../domain/audit/audit.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { GrantStore, Replacement } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseGrant } from './schemas.ts';

const EVERYTHING = { from: '-inf', to: '+inf' };

/** Grants in Redis: one JSON value each, found by their end, their person, and the membership they are about. */
export function createGrantStore(redis: RedisClient, chain: AuditChain): GrantStore {
  const all = async (index: string): Promise<Grant[]> => load(redis, await range(redis, index, EVERYTHING));
  return {
    /** @throws KastellanError `grant.exists` when the id is taken */
    async create(grant, event) {
      if (!(await write(chain, grant, undefined, event))) throw exists(grant.id);
    },
    async find(id) {
      const stored = await withRedis(() => redis.get(KEYS.grant(id)));
      return stored === null ? undefined : parseGrant(stored, id);
    },
    async live({ endsBefore } = {}) {
      const to = endsBefore === undefined ? EVERYTHING.to : String(endsBefore.getTime());
      return (await load(redis, await range(redis, KEYS.grantsLive, { ...EVERYTHING, to }))).filter(isLive);
    },
    ofPerson: async (slackUserId) => (await all(KEYS.grantsOfPerson(slackUserId))).toReversed(),
    ofMembership: (groupId, personId) => all(KEYS.grantsOfMembership(groupId, personId)),
    async unreviewed() {
      return (await all(KEYS.grantsUnreviewed)).filter((grant) => missingReviews(grant) > 0);
    },
    restorable: async () =>
      (await all(KEYS.grantsRestorable)).filter(({ restorableUntil }) => restorableUntil !== undefined),
    replace: (next, expectedVersion, event) => replace(redis, chain, next, expectedVersion, event),
  };
}

async function replace(
  redis: RedisClient,
  chain: AuditChain,
  next: Grant,
  expectedVersion: number,
  event: AuditEvent,
): Promise<Replacement> {
  const stored = await withRedis(() => redis.get(KEYS.grant(next.id)));
  if (stored === null) return 'conflict';
  const before = parseGrant(stored, next.id);
  if (before.version !== expectedVersion) return 'conflict';
  return (await write(chain, next, { stored, grant: before }, event)) ? 'replaced' : 'conflict';
}

async function write(
  chain: AuditChain,
  next: Grant,
  before: { stored: string; grant: Grant } | undefined,
  event: AuditEvent,
): Promise<boolean> {
  const left = before === undefined ? [] : indexesOf(before.grant);
  const entered = indexesOf(next);
  const result = await chain.append(event, {
    check: SAME_AS_BEFORE,
    write: STORE_AND_INDEX,
    keys: [KEYS.grant(next.id), ...left.map(({ index }) => index), ...entered.map(({ index }) => index)],
    values: [
      before?.stored ?? '',
      JSON.stringify(next),
      next.id,
      String(left.length),
      ...entered.map(({ at }) => String(Date.parse(at))),
    ],
  });
  return 'written' in result;
}

// The whole value is compared, as for requests.
const SAME_AS_BEFORE = `
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[5] then return {'conflict'} end`;

const STORE_AND_INDEX = `
local left = tonumber(ARGV[8])
for i = 4, 3 + left do redis.call('ZREM', KEYS[i], ARGV[7]) end
for i = 4 + left, #KEYS do redis.call('ZADD', KEYS[i], ARGV[5 + i - left], ARGV[7]) end
redis.call('SET', KEYS[3], ARGV[6])`;

interface Place {
  readonly index: string;
  /** ISO time by which it is sorted. */
  readonly at: string;
}

function indexesOf(grant: Grant): Place[] {
  const { createdAt, endsAt, restorableUntil, beneficiary, person, group } = grant;
  return [
    { index: KEYS.grantsOfPerson(beneficiary), at: createdAt },
    { index: KEYS.grantsOfMembership(group.objectId, person.objectId), at: createdAt },
    ...(isLive(grant) ? [{ index: KEYS.grantsLive, at: endsAt }] : []),
    ...(missingReviews(grant) > 0 ? [{ index: KEYS.grantsUnreviewed, at: createdAt }] : []),
    ...(restorableUntil === undefined ? [] : [{ index: KEYS.grantsRestorable, at: restorableUntil }]),
  ];
}

function range(
  redis: RedisClient,
  index: string,
  { from, to }: { from: string; to: string },
): Promise<string[]> {
  return withRedis(() => redis.zrangebyscore(index, from, to));
}

async function load(redis: RedisClient, ids: readonly string[]): Promise<Grant[]> {
  if (ids.length === 0) return [];
  const stored = await withRedis(() => redis.mget(ids.map(KEYS.grant)));
  return ids.flatMap((id, at) => {
    const value = stored[at];
    return typeof value === 'string' ? [parseGrant(value, id)] : [];
  });
}

function exists(id: string): KastellanError {
  return new KastellanError({
    code: 'grant.exists',
    message: `There already is a grant ${id}.`,
    hint: 'Somebody else works on this request; nothing was changed.',
  });
}
