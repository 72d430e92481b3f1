import type { Replays } from '../../ports/replays.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

/** Remembers in Redis what has been done, so that it holds over all processes and restarts. */
export function createReplays(redis: RedisClient): Replays {
  return {
    async isFirst(what, id, forMs) {
      const answer = await withRedis(() => redis.set(KEYS.replay(what, id), '1', 'PX', forMs, 'NX'));
      return answer === 'OK';
    },
  };
}
