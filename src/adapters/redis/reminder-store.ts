import type { ReminderStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { createJsonStore } from './json-store.ts';
import { KEYS } from './keys.ts';
import { parseReminder } from './schemas.ts';

// Long enough for the last edit of a card to get through whatever happens, and to look something up.
const KEEP_CLOSED_MS = 30 * 86_400_000;

/** Reminders in Redis: one JSON value each; a month after it was closed a reminder is forgotten. */
export function createReminderStore(redis: RedisClient, chain: AuditChain, now: () => number): ReminderStore {
  const store = createJsonStore(redis, chain, {
    key: KEYS.reminder,
    parse: parseReminder,
    indexes: ({ closed }) => [
      { index: KEYS.reminders, score: closed === undefined ? '+inf' : Date.parse(closed.at) },
    ],
    keepMs: ({ closed }) => (closed === undefined ? undefined : KEEP_CLOSED_MS),
  });
  return {
    find: store.find,
    async list() {
      await withRedis(() => redis.zremrangebyscore(KEYS.reminders, '-inf', String(now() - KEEP_CLOSED_MS)));
      return store.inIndex(KEYS.reminders);
    },
    replace: (next, expectedVersion, event) =>
      store.replace(next.id, next, (stored) => (stored?.version ?? 0) === expectedVersion, event),
  };
}
