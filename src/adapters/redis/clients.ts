import { isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity } from 'node:tls';
import { Cluster, type Redis } from 'ioredis';
import type { WatchCall } from '../../ports/telemetry.ts';
import type { ClusterOptions, ServerOptions } from './address.ts';
import { WatchedCluster, WatchedRedis } from './watched-redis.ts';

/** One server, or a Redis Cluster: both take the same commands, as all keys are in one slot. */
export type RedisClient = Redis | Cluster;

/**
 * `requests`: stores and everything a person waits for; a command fails within seconds when Redis does not answer.
 * `jobs`: workers and listeners; commands wait until Redis is back, as BullMQ's blocking reads need it
 * (https://docs.bullmq.io/guide/connections).
 */
export type ConnectionPurpose = 'requests' | 'jobs';

/** @param tries how many have failed one after the other; gives milliseconds, or null to give up */
type Retry = (tries: number) => number | null;

const COMMAND_TIMEOUT_MS = 5_000;
const SLOTS_EVERY_MS = 5_000;

// What a Redis says that is the primary no more: the address leads to another one by now.
export const DEMOTED = /\b(READONLY|MASTERDOWN|UNBLOCKED)\b/;
const RECONNECT = 1;
const RECONNECT_AND_SEND_AGAIN = 2;

// A key prefix is never set: BullMQ refuses it, and the stores name their keys in full. Nor is `lazyConnect`: BullMQ makes
// copies of a connection, and for ever gives up one that has to be told to connect while Redis is away.

/** Begins to connect to one server, or to the primary that Sentinels name. */
export function serverClient(
  options: ServerOptions,
  purpose: ConnectionPurpose,
  retry: Retry,
  watch: WatchCall,
): RedisClient {
  // After a fail-over the connection may outlive the primary's role: nothing would ever be written through it again.
  const afterDemotion = (then: 1 | 2) => (error: Error) => DEMOTED.test(error.message) && then;
  const common = {
    ...options,
    connectionName: `kastellan-${purpose}`,
    retryStrategy: retry,
    sentinelRetryStrategy: retry,
  };
  if (purpose === 'jobs') {
    // What a replica refuses has not happened.
    const reconnectOnError = afterDemotion(RECONNECT_AND_SEND_AGAIN);
    return new WatchedRedis({ ...common, maxRetriesPerRequest: null, reconnectOnError }, watch);
  }
  return new WatchedRedis(
    {
      ...common,
      reconnectOnError: afterDemotion(RECONNECT),
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      // A write whose answer was lost may have happened: only the caller knows whether repeating is safe.
      autoResendUnfulfilledCommands: false,
      commandTimeout: COMMAND_TIMEOUT_MS,
    },
    watch,
  );
}

/** Begins to connect to a Redis Cluster. What a node refuses because the slot is another's by now is sent to that one. */
export function clusterClient(
  { nodes, tls, ...login }: ClusterOptions,
  purpose: ConnectionPurpose,
  retry: Retry,
  watch: WatchCall,
): RedisClient {
  const redisOptions = {
    ...login,
    ...(tls !== undefined && { tls: knownByName(nodes.map(({ host }) => host)) }),
    connectionName: `kastellan-${purpose}`,
    maxRetriesPerRequest: null,
  };
  const common = {
    clusterRetryStrategy: retry,
    slotsRefreshInterval: SLOTS_EVERY_MS,
    // Each connection looks the name up anew, and a certificate is checked against the name.
    dnsLookup: (name: string, found: (error: null, address: string) => void) => found(null, name),
  };
  if (purpose === 'jobs') {
    return new Cluster([...nodes], { ...common, redisOptions, maxRedirections: Number.POSITIVE_INFINITY });
  }
  return new WatchedCluster(
    [...nodes],
    {
      ...common,
      redisOptions: { ...redisOptions, commandTimeout: COMMAND_TIMEOUT_MS },
      // As above: not every command whose answer was lost may be sent again.
      retryDelayOnFailover: 0,
    },
    watch,
  );
}

// Nodes may tell their addresses alone, while their certificate holds for the name under which the Cluster is known.
function knownByName(names: readonly string[]): ConnectionOptions {
  return {
    checkServerIdentity(host, certificate) {
      const refusal = checkServerIdentity(host, certificate);
      if (refusal === undefined || isIP(host) === 0) return refusal;
      const known = names.some((name) => isIP(name) === 0 && !checkServerIdentity(name, certificate));
      return known ? undefined : refusal;
    },
  };
}
