import { randomBytes } from 'node:crypto';
import type { PersonalSeals } from '../../ports/messenger.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

// No person's id: those are in capitals.
const SINCE = 'since';

const MAKE = `
redis.call('HSETNX', KEYS[1], '${SINCE}', redis.call('TIME')[1])
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`;

/** One seal for each person, whichever process writes to them. */
export function createPersonalSeals(redis: RedisClient): PersonalSeals {
  const read = async (field: string): Promise<string | undefined> =>
    (await withRedis(() => redis.hget(KEYS.personalSeals, field))) ?? undefined;
  return {
    find: read,
    make(slackUserId) {
      const seal = randomBytes(8).toString('hex');
      return withRedis(async () => String(await redis.eval(MAKE, 1, KEYS.personalSeals, slackUserId, seal)));
    },
    async since() {
      const seconds = await read(SINCE);
      return seconds === undefined ? undefined : new Date(Number(seconds) * 1_000);
    },
  };
}
