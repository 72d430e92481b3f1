import type { DigestStore } from '../../ports/stores.ts';
import type { AuditChain } from './audit-chain.ts';
import type { RedisClient } from './clients.ts';
import { createJsonStore } from './json-store.ts';
import { KEYS } from './keys.ts';
import { parseDigest } from './schemas.ts';

// Nobody asks for a week that has passed; its message stays in Slack.
const KEEP_MS = 30 * 86_400_000;

/** What was found in each week, one JSON value each. */
export function createDigestStore(redis: RedisClient, chain: AuditChain): DigestStore {
  const store = createJsonStore(redis, chain, {
    key: KEYS.digest,
    parse: parseDigest,
    keepMs: () => KEEP_MS,
  });
  return {
    find: store.find,
    create: (digest, event) => store.create(digest.week, digest, event),
  };
}
