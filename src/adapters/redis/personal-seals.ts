import { randomBytes } from 'node:crypto';
import type { PersonalSeals } from '../../ports/messenger.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

/** One seal for each person, whichever process writes to them. */
export function createPersonalSeals(redis: RedisClient): PersonalSeals {
  const find = async (slackUserId: string): Promise<string | undefined> =>
    (await withRedis(() => redis.hget(KEYS.personalSeals, slackUserId))) ?? undefined;
  return {
    find,
    async make(slackUserId) {
      const seal = randomBytes(8).toString('hex');
      await withRedis(() => redis.hsetnx(KEYS.personalSeals, slackUserId, seal));
      return (await find(slackUserId)) ?? seal;
    },
  };
}
