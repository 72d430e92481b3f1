import type { DigestStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseDigest } from './schemas.ts';

// Nobody asks for a week that has passed; its message stays in Slack.
const KEEP_S = 30 * 86_400;

/** What was found in each week, one JSON value each. */
export function createDigestStore(redis: RedisClient, chain: AuditChain): DigestStore {
  return {
    async find(week) {
      const stored = await withRedis(() => redis.get(KEYS.digest(week)));
      return stored === null ? undefined : parseDigest(stored, week);
    },
    async create(digest, event) {
      const result = await chain.append(event, {
        check: "if redis.call('EXISTS', KEYS[3]) == 1 then return {'conflict'} end",
        write: "redis.call('SET', KEYS[3], ARGV[5], 'EX', ARGV[6])",
        keys: [KEYS.digest(digest.week)],
        values: [JSON.stringify(digest), String(KEEP_S)],
      });
      return 'written' in result;
    },
  };
}
