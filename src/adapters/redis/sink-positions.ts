import { z } from 'zod';
import type { SinkPosition, SinkPositions } from '../../ports/audit-sinks.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const schema: z.ZodType<SinkPosition> = z.object({ sequence: z.int().min(1), hash: z.string() });

/** How far each sink of the audit log is: one hash, one field for each. */
export function createSinkPositions(redis: RedisClient): SinkPositions {
  return {
    async find(sink) {
      const text = await withRedis(() => redis.hget(KEYS.auditSinks, sink));
      return text === null ? undefined : parseStored(schema, text, `position of the audit sink ${sink}`);
    },
    async save(sink, { sequence, hash }) {
      await withRedis(() => redis.hset(KEYS.auditSinks, sink, JSON.stringify({ sequence, hash })));
    },
  };
}
