import type { CredentialEndStore } from '../../ports/stores.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseCredentialEnds } from './schemas.ts';

// A time that is still to come was a wrong clock's, and stands in nobody's way.
const KEEP_NEWEST = `
local stored = redis.call('GET', KEYS[1])
local seenAt = stored and cjson.decode(stored)['seenAt'] or ''
if seenAt <= ARGV[1] or seenAt > ARGV[2] then redis.call('SET', KEYS[1], ARGV[3]) end`;

/** What the newest look saw, as one JSON value. */
export function createCredentialEndStore(redis: RedisClient, now: () => Date): CredentialEndStore {
  return {
    async find() {
      const stored = await withRedis(() => redis.get(KEYS.credentialEnds));
      return stored === null ? undefined : parseCredentialEnds(stored);
    },
    async save(ends) {
      const value = JSON.stringify(ends);
      await withRedis(() =>
        redis.eval(KEEP_NEWEST, 1, KEYS.credentialEnds, ends.seenAt, now().toISOString(), value),
      );
    },
  };
}
