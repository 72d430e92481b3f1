import { type Grant, isLive, missingReviews } from '../../domain/access/grant.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { GrantStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { createJsonStore, type IndexEntry, type JsonStore } from './json-store.ts';
import { KEYS } from './keys.ts';
import { parseGrant } from './schemas.ts';

/**
 * Grants in Redis: one JSON value each, found by their end, their person, and the membership they are about.
 * What it returns throws KastellanError `grant.exists`.
 */
export function createGrantStore(redis: RedisClient, chain: AuditChain): GrantStore {
  const store = createJsonStore(redis, chain, {
    key: KEYS.grant,
    parse: parseGrant,
    indexes: indexesOfGrant,
  });
  return {
    /** @throws KastellanError `grant.exists` when the id is taken */
    async create(grant, event) {
      if (!(await store.create(grant.id, grant, event))) throw exists(grant.id);
    },
    find: store.find,
    live: async ({ endsBefore } = {}) =>
      (await store.inIndex(KEYS.grantsLive, endsBefore?.getTime())).filter(isLive),
    liveOfPerson: (slackUserId) => liveIn(redis, store, KEYS.grantsOfPerson(slackUserId)),
    liveOfMembership: (groupId, personId) => liveIn(redis, store, KEYS.grantsOfMembership(groupId, personId)),
    ofMembership: (groupId, personId) => store.inIndex(KEYS.grantsOfMembership(groupId, personId)),
    unreviewed: async () =>
      (await store.inIndex(KEYS.grantsUnreviewed)).filter((grant) => missingReviews(grant) > 0),
    restorable: async () =>
      (await store.inIndex(KEYS.grantsRestorable)).filter(
        ({ restorableUntil }) => restorableUntil !== undefined,
      ),
    replace: (next, expectedVersion, event) =>
      store.replace(next.id, next, (stored) => stored?.version === expectedVersion, event),
  };
}

// Redis leaves out what has ended, so that only live grants are read, however many there were.
async function liveIn(redis: RedisClient, store: JsonStore<Grant>, index: string): Promise<Grant[]> {
  const ids = await withRedis(() => redis.zinter(2, [index, KEYS.grantsLive]));
  const found = (await store.findEach(ids)).filter(isLive);
  return found.toSorted((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt));
}

/** Every sorted set in which a grant stands. */
export function indexesOfGrant(grant: Grant): IndexEntry[] {
  const { restorableUntil, beneficiary, person, group } = grant;
  const createdAt = Date.parse(grant.createdAt);
  return [
    { index: KEYS.grantsOfPerson(beneficiary), score: createdAt },
    { index: KEYS.grantsOfMembership(group.objectId, person.objectId), score: createdAt },
    ...(isLive(grant) ? [{ index: KEYS.grantsLive, score: Date.parse(grant.endsAt) }] : []),
    ...(missingReviews(grant) > 0 ? [{ index: KEYS.grantsUnreviewed, score: createdAt }] : []),
    ...(restorableUntil === undefined
      ? []
      : [{ index: KEYS.grantsRestorable, score: Date.parse(restorableUntil) }]),
  ];
}

function exists(id: string): KastellanError {
  return new KastellanError({
    code: 'grant.exists',
    message: `There already is a grant ${id}.`,
    hint: 'Somebody else works on this request; nothing was changed.',
  });
}
