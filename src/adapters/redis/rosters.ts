import type { Rosters } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

// Sets cannot be empty, and an empty roster is not the same as none.
const KNOWN = 'known';

/** Who belongs to each group for good, written together with an audit event. */
export function createRosters(redis: RedisClient, chain: AuditChain): Rosters {
  return {
    async find(groupId) {
      const ids = await withRedis(() => redis.smembers(KEYS.roster(groupId)));
      return ids.length === 0 ? undefined : new Set(ids.filter((id) => id !== KNOWN));
    },
    async add(groupId, personIds, event) {
      await chain.append(event, {
        check: '',
        write: "for i = A + 1, #ARGV do redis.call('SADD', KEYS[K + 1], ARGV[i]) end",
        keys: [KEYS.roster(groupId)],
        values: [KNOWN, ...personIds],
      });
    },
    async remove(groupId, personIds, event) {
      await chain.append(event, {
        check: '',
        write: "for i = A + 1, #ARGV do redis.call('SREM', KEYS[K + 1], ARGV[i]) end",
        keys: [KEYS.roster(groupId)],
        values: [...personIds],
      });
    },
  };
}
