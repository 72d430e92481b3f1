import type { Redis } from 'ioredis';
import { z } from 'zod';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const ONE_DAY_S = 86_400;
const originsSchema = z.array(z.string());

/**
 * The dashboards that workers found in the clusters, for processes that cannot look themselves: they pre-fill forms and
 * prove nothing. All methods raise KastellanError `redis.*`.
 */
export interface Discoveries {
  /** @param origins `https://host`, without a path; forgotten after a day */
  saveDashboards(cluster: string, origins: readonly string[]): Promise<void>;
  /** Empty where nothing was found or nobody has looked yet. */
  dashboards(cluster: string): Promise<string[]>;
}

/** The finds in Redis, one value per cluster. */
export function createDiscoveries(redis: Redis): Discoveries {
  return {
    async saveDashboards(cluster, origins) {
      const key = KEYS.dashboards(cluster);
      await withRedis(() => redis.set(key, JSON.stringify(origins), 'EX', ONE_DAY_S));
    },
    async dashboards(cluster) {
      const stored = await withRedis(() => redis.get(KEYS.dashboards(cluster)));
      return stored === null ? [] : parseStored(originsSchema, stored, `the dashboards of ${cluster}`);
    },
  };
}
