import type { JournalStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStepRecord } from './schemas.ts';

/** The steps' progress: one hash per request, one JSON value per step. */
export function createJournalStore(redis: RedisClient, chain: AuditChain): JournalStore {
  return {
    async read(requestId) {
      const stored = await withRedis(() => redis.hgetall(KEYS.journal(requestId)));
      const records = Object.entries(stored).map(([step, value]) => [
        step,
        parseStepRecord(value, requestId, step),
      ]);
      return Object.fromEntries(records);
    },
    async write(requestId, record, event) {
      const key = KEYS.journal(requestId);
      const value = JSON.stringify(record);
      if (event === undefined) {
        await withRedis(() => redis.hset(key, record.step, value));
        return;
      }
      await chain.append(event, {
        check: '',
        write: "redis.call('HSET', KEYS[K + 1], ARGV[A + 1], ARGV[A + 2])",
        keys: [key],
        values: [record.step, value],
      });
    },
  };
}
