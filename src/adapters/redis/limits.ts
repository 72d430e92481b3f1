import type { Bucket, Budgets, Limits } from '../../ports/limits.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { emptyFor, takeTokens } from './token-buckets.ts';

export interface LimitSettings {
  readonly perPerson: Bucket;
  readonly decisionsPerPerson: Bucket;
  readonly perWorkspace: Bucket;
}

// People who go on pressing are told again after this, not each time.
const TELL_EVERY_MS = 10_000;

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
      const { empty, waitMs } = await takeTokens(redis, buckets, 0);
      const refusing = buckets[empty];
      if (refusing === undefined) return undefined;
      const tellAgainMs = Math.max(waitMs, TELL_EVERY_MS);
      const first = await withRedis(() => redis.set(KEYS.limitTold(person), '1', 'PX', tellAgainMs, 'NX'));
      return { by: refusing.by, retryAfterMs: waitMs, isRepeated: first === null };
    },
  };
}

/** Token buckets in Redis, one for each name. */
export function createBudgets(redis: RedisClient): Budgets {
  return {
    async take(name, bucket, withinMs) {
      const { empty, waitMs } = await takeTokens(redis, [{ key: KEYS.budget(name), bucket }], withinMs);
      return { taken: empty < 0, waitMs };
    },
    pause: (name, bucket, ms) => emptyFor(redis, KEYS.budget(name), bucket, ms),
  };
}
