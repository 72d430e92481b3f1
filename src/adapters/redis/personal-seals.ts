import { randomBytes } from 'node:crypto';
import type { HomeSeals } from '../../ports/messenger.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

/** One seal for each person, whichever process draws their home tab. */
export function createHomeSeals(redis: RedisClient): HomeSeals {
  const find = async (slackUserId: string): Promise<string | undefined> =>
    (await withRedis(() => redis.hget(KEYS.homeSeals, slackUserId))) ?? undefined;
  return {
    find,
    async make(slackUserId) {
      const seal = randomBytes(8).toString('hex');
      await withRedis(() => redis.hsetnx(KEYS.homeSeals, slackUserId, seal));
      return (await find(slackUserId)) ?? seal;
    },
  };
}
