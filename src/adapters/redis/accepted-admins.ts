import type { AcceptedAdmins } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseAcceptance } from './schemas.ts';

/** What operators accepted on each cluster, written together with an audit event; whoever is first has accepted it. */
export function createAcceptedAdmins(redis: RedisClient, chain: AuditChain): AcceptedAdmins {
  return {
    async find(cluster) {
      const stored = await withRedis(() => redis.hgetall(KEYS.acceptedAdmins(cluster)));
      return new Map(Object.entries(stored).map(([id, text]) => [id, parseAcceptance(text, cluster)]));
    },
    async accept(cluster, pathId, acceptance, event) {
      const result = await chain.append(event, {
        check: "if redis.call('HEXISTS', KEYS[K + 1], ARGV[A + 1]) == 1 then return {'conflict'} end",
        write: "redis.call('HSET', KEYS[K + 1], ARGV[A + 1], ARGV[A + 2])",
        keys: [KEYS.acceptedAdmins(cluster)],
        values: [pathId, JSON.stringify(acceptance)],
      });
      return 'conflict' in result ? 'conflict' : 'replaced';
    },
  };
}
