import { z } from 'zod';
import type { MessageRecord, MessageRecords } from '../../ports/messenger.ts';
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

// More than Slack lets anybody draw in ten minutes: those come first, the others after them.
const MOST_WANTED = 1_000;

// Another process may have drawn it.
const WANT = `
local shown = redis.call('GET', KEYS[1])
if shown and cjson.decode(shown).shownVersion >= tonumber(ARGV[2]) then return end
redis.call('ZADD', KEYS[2], 'GT', ARGV[2], ARGV[1])`;

// In one go: a claim that outlives whoever drew the card keeps everybody from drawing what comes next.
const SAVE = `
redis.call('SET', KEYS[1], ARGV[2])
redis.call('DEL', KEYS[3])
local wanted = redis.call('ZSCORE', KEYS[2], ARGV[1])
if wanted and tonumber(wanted) <= tonumber(ARGV[3]) then redis.call('ZREM', KEYS[2], ARGV[1]) end`;

export function createMessageRecords(redis: RedisClient): MessageRecords {
  return {
    async find(cardId) {
      const stored = await withRedis(() => redis.get(KEYS.message(cardId)));
      return stored === null ? undefined : parseStored(recordSchema, stored, `the message of card ${cardId}`);
    },
    async save(cardId, record) {
      const keys = [KEYS.message(cardId), KEYS.messagesWanted, KEYS.messageClaim(cardId)];
      const values = [cardId, JSON.stringify(record), String(record.shownVersion)];
      await withRedis(() => redis.eval(SAVE, keys.length, ...keys, ...values));
    },
    async want(cardId, version) {
      const keys = [KEYS.message(cardId), KEYS.messagesWanted];
      await withRedis(() => redis.eval(WANT, keys.length, ...keys, cardId, String(version)));
    },
    wanted: () => withRedis(() => redis.zrange(KEYS.messagesWanted, 0, String(MOST_WANTED - 1))),
    async claim(cardId, forMs) {
      const answer = await withRedis(() => redis.set(KEYS.messageClaim(cardId), '1', 'PX', forMs, 'NX'));
      return answer === 'OK';
    },
    async unclaim(cardId) {
      await withRedis(() => redis.del(KEYS.messageClaim(cardId)));
    },
    async markNotified(cardId, topic) {
      return (await withRedis(() => redis.sadd(KEYS.told(cardId), topic))) === 1;
    },
    async unmarkNotified(cardId, topic) {
      await withRedis(() => redis.srem(KEYS.told(cardId), topic));
    },
  };
}
