import { z } from 'zod';
import type { Bucket } from '../../ports/limits.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';

// Of a bucket only the time is kept at which it is full again. The clock is that of Redis, the same for all processes.
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

const TAKE = `${NOW}
local full, wait, empty = {}, 0, 0
for i = 1, #KEYS do
  local burst, every = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  full[i] = math.max(tonumber(redis.call('GET', KEYS[i]) or now), now) + every
  local late = full[i] - burst * every - now
  if late > wait then wait, empty = late, i end
end
if wait > tonumber(ARGV[1]) then return {empty, wait} end
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', string.format('%.0f', full[i] - now))
end
return {0, wait}`;

const PAUSE = `${NOW}
local burst, every, pause = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now + pause + (burst - 1) * every)
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', full - now + 1))`;

const answerSchema = z.tuple([z.int(), z.int()]);

/**
 * Takes a token out of each of these buckets, or none out of any.
 * @param withinMs how long the caller would wait for a token that is not there yet; it is taken in advance then
 * @returns `empty` is the place of the bucket that has none in time, -1 if all had; `waitMs` until there is one in all
 * @throws KastellanError `redis.*`
 */
export async function takeTokens(
  redis: RedisClient,
  buckets: readonly { readonly key: string; readonly bucket: Bucket }[],
  withinMs: number,
): Promise<{ readonly empty: number; readonly waitMs: number }> {
  const keys = buckets.map(({ key }) => key);
  const args = buckets.flatMap(({ bucket }) => [bucket.burst, everyMs(bucket)]);
  const answer = await withRedis(() => redis.eval(TAKE, keys.length, ...keys, withinMs, ...args));
  const [empty, waitMs] = answerSchema.parse(answer);
  return { empty: empty - 1, waitMs };
}

/**
 * Leaves no token in a bucket for so many milliseconds.
 * @throws KastellanError `redis.*`
 */
export async function emptyFor(redis: RedisClient, key: string, bucket: Bucket, ms: number): Promise<void> {
  await withRedis(() => redis.eval(PAUSE, 1, key, bucket.burst, everyMs(bucket), Math.ceil(ms)));
}

function everyMs({ perMinute }: Bucket): number {
  return Math.ceil(60_000 / perMinute);
}
