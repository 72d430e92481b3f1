import { z } from 'zod';
import type { SignInFailures } from '../../domain/status/sign-in-log.ts';
import type { SignInFailureStore } from '../../ports/stores.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

// Nobody looks at an older day's failures here; Entra has them.
const KEEP_S = 35 * 24 * 3_600;

const schema: z.ZodType<SignInFailures> = z.looseObject({
  cluster: z.string(),
  day: z.string(),
  version: z.int().min(0),
  causes: z.array(
    z.looseObject({
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      policies: z.array(z.string()),
      failures: z.int().min(0),
      people: z.array(z.string()),
      lastAt: z.string(),
    }),
  ),
  counted: z.array(z.string()),
});

const REPLACE = `
local stored = redis.call('GET', KEYS[1])
local version = stored and cjson.decode(stored)['version'] or 0
if version ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1`;

/** The failures of each day at each cluster, one JSON value each. */
export function createSignInTroubles(redis: RedisClient): SignInFailureStore {
  return {
    async find(cluster, day) {
      const stored = await withRedis(() => redis.get(KEYS.signInTrouble(cluster, day)));
      return stored === null ? undefined : parseStored(schema, stored, `sign-ins of ${day} on ${cluster}`);
    },
    async replace(next, expectedVersion) {
      const key = KEYS.signInTrouble(next.cluster, next.day);
      const value = JSON.stringify(next);
      return (await withRedis(() => redis.eval(REPLACE, 1, key, expectedVersion, value, KEEP_S))) === 1;
    },
  };
}
