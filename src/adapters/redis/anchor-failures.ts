import type { AnchorFailures } from '../../ports/audit-anchors.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

const NOTE = `
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`;

/** Since when the audit log could not be anchored: one hash, one field for each place. */
export function createAnchorFailures(redis: RedisClient): AnchorFailures {
  return {
    note: (place, at) =>
      withRedis(async () => String(await redis.eval(NOTE, 1, KEYS.anchorFailures, place, at))),
    async clear(place) {
      await withRedis(() => redis.hdel(KEYS.anchorFailures, place));
    },
  };
}
