import type { Redis } from 'ioredis';
import { z } from 'zod';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

/** Where a request's one card is, and what it shows. */
export interface MessageRecord {
  /** Slack channel id. */
  readonly channel: string;
  /** The card's own timestamp: Slack's id of a message. */
  readonly ts: string;
  /** Timestamp of the message under which details are posted, if it is not the card. */
  readonly threadTs?: string;
  /** The request's version that the card shows. */
  readonly shownVersion: number;
}

/** What the Slack messages of all processes have to agree on. All methods raise KastellanError `redis.*`. */
export interface MessageRecords {
  find(requestId: string): Promise<MessageRecord | undefined>;
  save(requestId: string, record: MessageRecord): Promise<void>;
  /** Whether the caller is the one who posts the request's first message; the claim ends by itself after a minute. */
  claimPost(requestId: string): Promise<boolean>;
  /** Gives a claim back after the message could not be posted. */
  unclaimPost(requestId: string): Promise<void>;
  /** Whether this is the first time for this topic: only then the person is told. */
  markTold(requestId: string, topic: string): Promise<boolean>;
  /** Takes the mark back after the message could not be sent. */
  unmarkTold(requestId: string, topic: string): Promise<void>;
}

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
