import { z } from 'zod';
import type { SignInFailures } from '../../domain/status/sign-in-log.ts';
import type { SignInFailureStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { createJsonStore } from './json-store.ts';
import { KEYS } from './keys.ts';
import { parseStored } from './stored.ts';

// Nobody looks at an older day's failures here; Entra has them.
const KEEP_MS = 35 * 86_400_000;

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

/** The failures of each day at each cluster, one JSON value each. */
export function createSignInFailures(redis: RedisClient, chain: AuditChain): SignInFailureStore {
  const storeOf = (cluster: string, day: string) =>
    createJsonStore(redis, chain, {
      key: () => KEYS.signInTrouble(cluster, day),
      parse: (text) => parseStored(schema, text, `sign-ins of ${day} on ${cluster}`),
      keepMs: () => KEEP_MS,
    });
  return {
    find: (cluster, day) => storeOf(cluster, day).find(day),
    async replace(next, expectedVersion) {
      const store = storeOf(next.cluster, next.day);
      const isExpected = (stored?: SignInFailures) => (stored?.version ?? 0) === expectedVersion;
      return (await store.replace(next.day, next, isExpected)) === 'replaced';
    },
  };
}
