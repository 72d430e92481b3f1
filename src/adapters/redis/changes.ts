import { Cluster } from 'ioredis';
import type { AuditEvent } from '../../domain/audit/audit.ts';
import type { Replacement } from '../../ports/stores.ts';
import type { Log } from '../../ports/telemetry.ts';
import type { RedisClient } from './clients.ts';

const CHANNEL = '{kastellan}:changes';

/** Says to every process that a request, or what it gave, has changed. */
export type Announce = (requestId: string) => void;

/** Who does not listen misses it, and where Redis does not take it nothing is tried again: no decision may depend on it. */
export function createAnnounce(redis: RedisClient): Announce {
  return (requestId) => void redis.publish(CHANNEL, requestId).catch(() => undefined);
}

/**
 * Calls back at each change that any process makes.
 * @param redis is copied: a connection that listens can do nothing else
 * @returns call it to listen no more
 */
export function listenToChanges(
  redis: RedisClient,
  log: Log,
  onChange: (requestId: string) => void,
): () => void {
  const connection = copyOf(redis, 'kastellan-changes');
  // The connection it was copied from says when Redis is away.
  connection.on('error', () => undefined);
  connection.on('message', (_channel, requestId) => onChange(requestId));
  connection.subscribe(CHANNEL).catch((thrown: unknown) => {
    log.warn({ problem: String(thrown) }, 'Changes are not heard of: home tabs are drawn only when opened');
  });
  return () => connection.disconnect();
}

// In a Cluster every node passes on what is published at any of them.
function copyOf(redis: RedisClient, connectionName: string): RedisClient {
  if (!(redis instanceof Cluster)) return redis.duplicate({ connectionName });
  return redis.duplicate([], { redisOptions: { connectionName } });
}

interface Changing<Item> {
  create(item: Item, event: AuditEvent, ...more: never[]): Promise<void>;
  replace(next: Item, expectedVersion: number, event: AuditEvent): Promise<Replacement>;
}

/** The same store, which announces each change once it is stored. */
export function announcing<Item extends { readonly id: string }, Store extends Changing<Item>>(
  store: Store & Changing<Item>,
  announce: Announce,
): Store {
  return {
    ...store,
    async create(item: Item, event: AuditEvent, ...more: never[]) {
      await store.create(item, event, ...more);
      announce(item.id);
    },
    async replace(next: Item, expectedVersion: number, event: AuditEvent) {
      const outcome = await store.replace(next, expectedVersion, event);
      if (outcome === 'replaced') announce(next.id);
      return outcome;
    },
  };
}
