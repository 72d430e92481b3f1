import { z } from 'zod';
import type { MessageRecord, MessageRecords } from '../../ports.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const recordSchema: z.ZodType<MessageRecord> = z.object({
  channel: z.string(),
  ts: z.string(),
  threadTs: z.string().exactOptional(),
  shownVersion: z.int(),
});

export function createMessageRecords(redis: RedisClient): MessageRecords {
  return {
    async find(cardId) {
      const stored = await withRedis(() => redis.get(KEYS.message(cardId)));
      return stored === null ? undefined : parseStored(recordSchema, stored, `the message of card ${cardId}`);
    },
    async save(cardId, record) {
      await withRedis(() => redis.set(KEYS.message(cardId), JSON.stringify(record)));
    },
    async claim(cardId, forMs) {
      const answer = await withRedis(() => redis.set(KEYS.messageClaim(cardId), '1', 'PX', forMs, 'NX'));
      return answer === 'OK';
    },
    async unclaim(cardId) {
      await withRedis(() => redis.del(KEYS.messageClaim(cardId)));
    },
    async markTold(cardId, topic) {
      return (await withRedis(() => redis.sadd(KEYS.told(cardId), topic))) === 1;
    },
    async unmarkTold(cardId, topic) {
      await withRedis(() => redis.srem(KEYS.told(cardId), topic));
    },
  };
}
