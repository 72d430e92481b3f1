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
local before = redis.call('HGET', KEYS[3], ARGV[5])
if before then redis.call('HDEL', KEYS[4], before) end
if ARGV[6] == '' then redis.call('HDEL', KEYS[3], ARGV[5])
else
  redis.call('HSET', KEYS[3], ARGV[5], ARGV[6])
  redis.call('HSET', KEYS[4], ARGV[6], ARGV[5])
end`;
