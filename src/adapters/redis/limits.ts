import { z } from 'zod';
import type { Limits } from '../../ports/limits.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';

/** So many at once, and so many more in each minute. */
interface Bucket {
  readonly burst: number;
  readonly perMinute: number;
}

export interface LimitSettings {
  readonly perPerson: Bucket;
  readonly decisionsPerPerson: Bucket;
  readonly perWorkspace: Bucket;
}

// People who go on pressing are told again after this, not each time.
const TELL_EVERY_MS = 10_000;

// Of a bucket only the time is kept at which it is full again. The clock is that of Redis, the same for all processes.
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local full, wait, empty = {}, 0, 0
for i = 1, #KEYS - 1 do
  local burst, every = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  full[i] = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now) + every
  local late = full[i] - burst * every - now
  if late > wait then wait, empty = late, i end
end
if empty > 0 then
  local told = redis.call('SET', KEYS[#KEYS], '1', 'PX', math.max(wait, tonumber(ARGV[1])), 'NX')
  return {empty, wait, told and 0 or 1}
end
for i = 1, #KEYS - 1 do
  redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', string.format('%.0f', full[i] - now))
end
return {0, 0, 0}`;

const answerSchema = z.tuple([z.int(), z.int(), z.int()]);

/** Token buckets in Redis, taken from in one script: all that count, or none. */
export function createLimits(redis: RedisClient, settings: LimitSettings): Limits {
  const { perPerson, decisionsPerPerson, perWorkspace } = settings;
  return {
    async take(person, kind) {
      const own = kind === 'decision' ? decisionsPerPerson : perPerson;
      const buckets = [
        { by: 'person', key: KEYS.limitOfPerson(person, kind), bucket: own },
        ...(kind === 'decision'
          ? []
          : [{ by: 'workspace', key: KEYS.limitOfWorkspace, bucket: perWorkspace } as const]),
      ] as const;
      const keys = [...buckets.map(({ key }) => key), KEYS.limitTold(person)];
      const args = buckets.flatMap(({ bucket }) => [bucket.burst, Math.ceil(60_000 / bucket.perMinute)]);
      const answer = await withRedis(() => redis.eval(TAKE, keys.length, ...keys, TELL_EVERY_MS, ...args));
      const [empty, retryAfterMs, repeated] = answerSchema.parse(answer);
      const refusing = buckets[empty - 1];
      return refusing && { by: refusing.by, retryAfterMs, isRepeated: repeated === 1 };
    },
  };
}
