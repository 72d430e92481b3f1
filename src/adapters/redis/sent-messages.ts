import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { CardSeal, MessageRecord, MessageRecords, Notice } from '../../ports/messenger.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const recordSchema: z.ZodType<MessageRecord> = z.object({
  channel: z.string(),
  ts: z.string(),
  threadTs: z.string().exactOptional(),
  shownVersion: z.int(),
  seal: z.string().exactOptional(),
});

// A click that is on its way when a card is edited carries what the card showed before.
const CONTENTS_KEPT = 20;

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

// The content is unknown until Slack's answer is here: a click may be faster.
const BEGIN = `
redis.call('HSETNX', KEYS[1], 'seal', ARGV[1])
redis.call('HSET', KEYS[1], 'unknownContent', '1')
if ARGV[2] == 'post' then redis.call('HINCRBY', KEYS[1], 'unconfirmedPosts', 1) end
return redis.call('HGET', KEYS[1], 'seal')`;

const END = `
if ARGV[1] == 'post' then redis.call('HINCRBY', KEYS[1], 'unconfirmedPosts', -1) end
if ARGV[2] == '' then return end
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, ${CONTENTS_KEPT - 1})
redis.call('HDEL', KEYS[1], 'unknownContent')`;

const BEGIN_TELLING = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 0 end
if not redis.call('SET', KEYS[2], '1', 'PX', ARGV[2], 'NX') then return 0 end
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[3], 'NX', redis.call('TIME')[1], ARGV[3]) end
return 1`;

const TOLD = `
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[2])`;

// By the clock that noted them.
const UNTOLD = `
local old = redis.call('TIME')[1] - 86400
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', old)
return redis.call('ZRANGE', KEYS[1], 0, ${MOST_WANTED - 1})`;

const noticeSchema: z.ZodType<Notice> = z.object({ cardId: z.string(), to: z.string(), topic: z.string() });

const sealSchema = z.object({
  seal: z.string(),
  unconfirmedPosts: z.coerce.number().int().default(0),
  unknownContent: z.string().optional(),
});

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
    beginSending(cardId, how) {
      const seal = randomBytes(8).toString('hex');
      return withRedis(async () => String(await redis.eval(BEGIN, 1, KEYS.cardSeal(cardId), seal, how)));
    },
    async endSending(cardId, how, content = '') {
      const keys = [KEYS.cardSeal(cardId), KEYS.cardContents(cardId)];
      await withRedis(() => redis.eval(END, keys.length, ...keys, how, content));
    },
    async findSeal(cardId) {
      const [stored, contents] = await withRedis(() =>
        Promise.all([redis.hgetall(KEYS.cardSeal(cardId)), redis.lrange(KEYS.cardContents(cardId), 0, -1)]),
      );
      if (stored['seal'] === undefined) return undefined;
      const { seal, unconfirmedPosts, unknownContent } = sealSchema.parse(stored);
      const found: CardSeal = {
        seal,
        unconfirmedPosts,
        contents: unknownContent === undefined ? contents : undefined,
      };
      return found;
    },
    async want(cardId, version) {
      const keys = [KEYS.message(cardId), KEYS.messagesWanted];
      await withRedis(() => redis.eval(WANT, keys.length, ...keys, cardId, String(version)));
    },
    wanted: () => withRedis(() => redis.zrange(KEYS.messagesWanted, 0, String(MOST_WANTED - 1))),
    async unwant(cardId) {
      await withRedis(() => redis.zrem(KEYS.messagesWanted, cardId));
    },
    async claim(cardId, forMs) {
      const answer = await withRedis(() => redis.set(KEYS.messageClaim(cardId), '1', 'PX', forMs, 'NX'));
      return answer === 'OK';
    },
    async unclaim(cardId) {
      await withRedis(() => redis.del(KEYS.messageClaim(cardId)));
    },
    async beginTelling(notice, forMs, isKept) {
      const text = textOf(notice);
      const keys = [KEYS.notified(notice.cardId), KEYS.telling(text), KEYS.untold];
      const values = [toldAs(notice), String(forMs), isKept ? text : ''];
      return (await withRedis(() => redis.eval(BEGIN_TELLING, keys.length, ...keys, ...values))) === 1;
    },
    async markTold(notice) {
      const text = textOf(notice);
      const keys = [KEYS.notified(notice.cardId), KEYS.telling(text), KEYS.untold];
      await withRedis(() => redis.eval(TOLD, keys.length, ...keys, toldAs(notice), text));
    },
    async failTelling(notice, againAfterMs) {
      await withRedis(() => redis.pexpire(KEYS.telling(textOf(notice)), againAfterMs));
    },
    async untold() {
      const all = z.array(z.string()).parse(await withRedis(() => redis.eval(UNTOLD, 1, KEYS.untold)));
      if (all.length === 0) return [];
      const claims = await withRedis(() => redis.mget(all.map(KEYS.telling)));
      return all
        .filter((_text, at) => claims[at] === null)
        .map((text) => parseStored(noticeSchema, text, 'a direct message'));
    },
    async forgetNotice(notice) {
      await withRedis(() => redis.zrem(KEYS.untold, textOf(notice)));
    },
  };
}

function toldAs({ to, topic }: Notice): string {
  return `${to} ${topic}`;
}

function textOf({ cardId, to, topic }: Notice): string {
  return JSON.stringify({ cardId, to, topic });
}
