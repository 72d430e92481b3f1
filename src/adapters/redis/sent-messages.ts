import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { MessageRecord, MessageRecords } from '../../ports.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const CLAIM_MS = 60_000;

const recordSchema: z.ZodType<MessageRecord> = z.object({
  channel: z.string(),
  ts: z.string(),
  threadTs: z.string().exactOptional(),
  shownVersion: z.int(),
});

/** @param claimMs how long a claim to post lasts, in milliseconds */
export function createMessageRecords(redis: Redis, claimMs: number = CLAIM_MS): MessageRecords {
  return {
    async find(requestId) {
      const stored = await withRedis(() => redis.get(KEYS.message(requestId)));
      return stored === null
        ? undefined
        : parseStored(recordSchema, stored, `the message of request ${requestId}`);
    },
    async save(requestId, record) {
      await withRedis(() => redis.set(KEYS.message(requestId), JSON.stringify(record)));
    },
    async claimPost(requestId) {
      const answer = await withRedis(() => redis.set(KEYS.messageClaim(requestId), '1', 'PX', claimMs, 'NX'));
      return answer === 'OK';
    },
    async unclaimPost(requestId) {
      await withRedis(() => redis.del(KEYS.messageClaim(requestId)));
    },
    async markTold(requestId, topic) {
      return (await withRedis(() => redis.sadd(KEYS.told(requestId), topic))) === 1;
    },
    async unmarkTold(requestId, topic) {
      await withRedis(() => redis.srem(KEYS.told(requestId), topic));
    },
  };
}
