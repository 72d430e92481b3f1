import type { PersonLinks } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

/** Links that operators made, each written together with its audit event. */
export function createPersonLinks(redis: RedisClient, chain: AuditChain): PersonLinks {
  return {
    find: async (slackUserId) => (await withRedis(() => redis.hget(KEYS.links, slackUserId))) ?? undefined,
    findSlackUser: async (objectId) =>
      (await withRedis(() => redis.hget(KEYS.linked, objectId))) ?? undefined,
    async save(slackUserId, objectId, event) {
      await chain.append(event, {
        check: '',
        write: LINK,
        keys: [KEYS.links, KEYS.linked],
        values: [slackUserId, objectId ?? ''],
      });
    },
  };
}

const LINK = `
local before = redis.call('HGET', KEYS[K + 1], ARGV[A + 1])
if before then redis.call('HDEL', KEYS[K + 2], before) end
if ARGV[A + 2] == '' then redis.call('HDEL', KEYS[K + 1], ARGV[A + 1])
else
  redis.call('HSET', KEYS[K + 1], ARGV[A + 1], ARGV[A + 2])
  redis.call('HSET', KEYS[K + 2], ARGV[A + 2], ARGV[A + 1])
end`;
