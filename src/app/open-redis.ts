import { join } from 'node:path';
import type { RedisClient } from '../adapters/redis/clients.ts';
import { connectRedis } from '../adapters/redis/connection.ts';
import { type EmbeddedRedis, startEmbeddedRedis } from '../adapters/redis/embedded.ts';
import type { Settings } from '../config/load.ts';
import type { KastellanError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import type { Log, WatchCall } from '../ports/telemetry.ts';

export interface RedisConnections {
  /** For stores and everything a person waits for. */
  readonly requests: RedisClient;
  /** For workers and listeners. */
  readonly jobs: RedisClient;
  /** Resolves when the private redis-server ended by itself; never for one that others run. */
  readonly died: Promise<KastellanError>;
  close(): Promise<void>;
}

/**
 * Connects to the configured Redis, or starts a private one in the data folder where none is configured.
 * @param watch told of each command of the stores; nobody is unless told
 */
export async function openRedis(
  { environment }: Settings,
  log: Log,
  watch?: WatchCall,
): Promise<RedisConnections> {
  const configured = environment.KASTELLAN_REDIS_URL;
  if (configured !== undefined) return connect(configured, log, watch);
  const dataDir = join(environment.KASTELLAN_DATA_DIR, 'redis');
  return connect(await startEmbeddedRedis({ dataDir, path: environment.PATH, log }), log, watch);
}

async function connect(
  server: Secret | EmbeddedRedis,
  log: Log,
  watch: WatchCall | undefined,
): Promise<RedisConnections> {
  const embedded = server instanceof Secret ? undefined : server;
  const url = server instanceof Secret ? server : server.url;
  try {
    const [requests, jobs] = await Promise.all([
      connectRedis(url, 'requests', log, watch),
      // Its commands wait for work: how long they take says nothing.
      connectRedis(url, 'jobs', log),
    ]);
    return {
      requests,
      jobs,
      died: embedded?.died ?? new Promise(() => undefined),
      async close() {
        requests.disconnect();
        jobs.disconnect();
        await embedded?.stop();
      },
    };
  } catch (thrown) {
    await embedded?.stop();
    throw thrown;
  }
}
