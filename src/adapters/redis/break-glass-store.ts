import type { BreakGlassStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { createJsonStore } from './json-store.ts';
import { KEYS } from './keys.ts';
import { parseBreakGlass } from './schemas.ts';

/** What is remembered of each person's break-glass, one JSON value each. */
export function createBreakGlassStore(redis: RedisClient, chain: AuditChain): BreakGlassStore {
  const store = createJsonStore(redis, chain, { key: KEYS.breakGlass, parse: parseBreakGlass });
  return {
    find: store.find,
    replace: (person, next, expectedVersion, event) =>
      store.replace(person, next, (stored) => (stored?.version ?? 0) === expectedVersion, event),
  };
}
