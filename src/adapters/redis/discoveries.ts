import { z } from 'zod';
import type { Discoveries } from '../../ports/stores.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

const ONE_DAY_S = 86_400;
const originsSchema = z.array(z.string());
const sessionSchema = z.number().positive();

/** What workers found, one value per cluster, forgotten after a day. Raises KastellanError `redis.*`. */
export function createDiscoveries(redis: RedisClient): Discoveries {
  return {
    async save(cluster, origins) {
      const key = KEYS.dashboards(cluster);
      await withRedis(() => redis.set(key, JSON.stringify(origins), 'EX', ONE_DAY_S));
    },
    async find(cluster) {
      const stored = await withRedis(() => redis.get(KEYS.dashboards(cluster)));
      return stored === null ? [] : parseStored(originsSchema, stored, `the dashboards of ${cluster}`);
    },
    async saveSession(cluster, sessionMs) {
      const key = KEYS.session(cluster);
      await withRedis(() => redis.set(key, JSON.stringify(sessionMs), 'EX', ONE_DAY_S));
    },
    async findSession(cluster) {
      const stored = await withRedis(() => redis.get(KEYS.session(cluster)));
      return stored === null
        ? undefined
        : parseStored(sessionSchema, stored, `the session duration of ${cluster}`);
    },
  };
}
