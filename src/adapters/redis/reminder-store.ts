import type { ReminderStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseReminder } from './schemas.ts';

// Long enough for the last edit of a card to get through whatever happens, and to look something up.
const KEEP_CLOSED_MS = 30 * 86_400_000;

/** Reminders in Redis: one JSON value each; a month after it was closed a reminder is forgotten. */
export function createReminderStore(redis: RedisClient, chain: AuditChain, now: () => number): ReminderStore {
  return {
    async find(id) {
      const stored = await withRedis(() => redis.get(KEYS.reminder(id)));
      return stored === null ? undefined : parseReminder(stored, id);
    },
    async list() {
      await withRedis(() => redis.zremrangebyscore(KEYS.reminders, '-inf', String(now() - KEEP_CLOSED_MS)));
      const ids = await withRedis(() => redis.zrange(KEYS.reminders, '0', '-1'));
      if (ids.length === 0) return [];
      const stored = await withRedis(() => redis.mget(ids.map(KEYS.reminder)));
      return ids.flatMap((id, at) => {
        const value = stored[at];
        return typeof value === 'string' ? [parseReminder(value, id)] : [];
      });
    },
    async replace(next, expectedVersion, event) {
      const stored = await withRedis(() => redis.get(KEYS.reminder(next.id)));
      const version = stored === null ? 0 : parseReminder(stored, next.id).version;
      if (version !== expectedVersion) return 'conflict';
      const closed = next.closed === undefined ? '+inf' : String(Date.parse(next.closed.at));
      const result = await chain.append(event, {
        check: SAME_AS_BEFORE,
        write: STORE_AND_INDEX,
        keys: [KEYS.reminder(next.id), KEYS.reminders],
        values: [stored ?? '', JSON.stringify(next), next.id, closed, String(KEEP_CLOSED_MS)],
      });
      return 'written' in result ? 'replaced' : 'conflict';
    },
  };
}

const SAME_AS_BEFORE = `
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[5] then return {'conflict'} end`;

const STORE_AND_INDEX = `
if ARGV[8] == '+inf' then redis.call('SET', KEYS[3], ARGV[6])
else redis.call('SET', KEYS[3], ARGV[6], 'PX', ARGV[9]) end
redis.call('ZADD', KEYS[4], ARGV[8], ARGV[7])`;
