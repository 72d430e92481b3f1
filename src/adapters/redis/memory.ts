import { Cluster } from 'ioredis';
import type { MemoryUse, StoreMemory } from '../../ports/store-memory.ts';
import type { RedisClient } from './clients.ts';
import { withRedis } from './connection.ts';
import { type Info, readInfo } from './facts.ts';
import { KEYS } from './keys.ts';

/** The memory of a Redis. */
export function createStoreMemory(redis: RedisClient): StoreMemory {
  return {
    async read() {
      const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis];
      const uses = (await Promise.all(nodes.map(readInfo))).flatMap(useOf);
      return uses.toSorted((a, b) => shareOf(b) - shareOf(a))[0];
    },
    async noteShort(at) {
      await withRedis(() => redis.set(KEYS.memoryShort, at, 'NX'));
      return (await withRedis(() => redis.get(KEYS.memoryShort))) ?? at;
    },
    async noteEnough() {
      await withRedis(() => redis.del(KEYS.memoryShort));
    },
  };
}

function useOf(info: Info): MemoryUse[] {
  const [used, limit] = [info.get('used_memory'), info.get('maxmemory')].map(Number);
  if (used === undefined || Number.isNaN(used)) return [];
  return [{ usedBytes: used, ...(limit !== undefined && limit > 0 && { limitBytes: limit }) }];
}

function shareOf({ usedBytes, limitBytes = Number.POSITIVE_INFINITY }: MemoryUse): number {
  return usedBytes / limitBytes;
}
