import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { KastellanError, LATER } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import type { Log, WatchCall } from '../../ports/telemetry.ts';
import { unwatched } from '../unwatched.ts';
import { parseAddress } from './address.ts';
import { type ConnectionPurpose, clusterClient, DEMOTED, type RedisClient, serverClient } from './clients.ts';

const LONGEST_PAUSE_MS = 2_000;
const NOT_SENT = /Stream isn't writeable/;
const CONNECTED_WITHIN_MS = 2_000;

/**
 * Opens a connection and returns once Redis answers. Later losses are repaired in the background and logged once each.
 * @param url as `parseAddress` takes it
 * @param watch told of each command; nobody is unless told
 * @throws KastellanError `redis.address-invalid`; `redis.unreachable` (worth a later try) when the first attempt fails
 */
export async function connectRedis(
  url: Secret,
  purpose: ConnectionPurpose,
  log: Log,
  watch: WatchCall = unwatched,
): Promise<RedisClient> {
  const { where, secrets, options } = parseAddress(url.reveal());
  let opened = false;
  // The first time one try has to do; later Redis may be away for as long as it likes.
  const retry = (tries: number) => (opened ? Math.min(tries * 50, LONGEST_PAUSE_MS) : null);
  const connection =
    'nodes' in options
      ? clusterClient(options, purpose, retry, watch)
      : serverClient(options, purpose, retry, watch);
  listen(connection, log, where, purpose);
  try {
    await firstReady(connection);
    opened = true;
    return connection;
  } catch (cause) {
    connection.disconnect();
    throw new KastellanError({
      code: 'redis.unreachable',
      message: `Redis at ${where} does not let Kastellan in.`,
      hint: 'Check that Redis runs, that the address and the password are right, and that nothing blocks the way.',
      retry: LATER,
      cause,
      secrets,
    });
  }
}

async function firstReady(connection: RedisClient): Promise<void> {
  // A Cluster's own error says no more than that each node had one.
  const event = connection instanceof Cluster ? 'node error' : 'error';
  let problem = new Error('It is there, but does not serve all its keys.');
  const note = (error: Error): void => {
    problem = error;
  };
  connection.on(event, note);
  await new Promise<void>((resolve, reject) => {
    connection.once('ready', resolve);
    connection.once('end', () => reject(problem));
  });
  connection.off(event, note);
}

// Without a listener an error event would end the process; a flapping connection must not flood the log either.
function listen(connection: RedisClient, log: Log, where: string, purpose: ConnectionPurpose): void {
  let lost = false;
  connection.on('error', (error: Error) => {
    if (lost) return;
    lost = true;
    log.warn({ redis: where, purpose, problem: error.message }, 'Redis cannot be reached; trying again');
  });
  connection.on('ready', () => {
    if (lost) log.info({ redis: where, purpose }, 'Redis is back');
    lost = false;
  });
  if (connection instanceof Cluster) listenToNodes(connection, log, where, purpose);
}

// A Cluster goes on without a node, and says nothing else of it.
function listenToNodes(cluster: Cluster, log: Log, where: string, purpose: ConnectionPurpose): void {
  const lost = new Set<string>();
  cluster.on('node error', (error: Error, node: string) => {
    if (lost.has(node)) return;
    lost.add(node);
    log.warn({ redis: where, node, purpose, problem: error.message }, 'A node of Redis cannot be reached');
  });
  cluster.on('+node', (connection: Redis) => {
    connection.on('ready', () => {
      const node = `${connection.options.host}:${connection.options.port}`;
      if (lost.delete(node)) log.info({ redis: where, node, purpose }, 'A node of Redis is back');
    });
  });
}

/**
 * Says in Kastellan's words that a command failed; errors that already are Kastellan's pass through.
 * @returns KastellanError `redis.unreachable`, `redis.full` or `redis.refused`
 */
function redisFailure(cause: unknown): KastellanError {
  if (cause instanceof KastellanError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.startsWith('OOM')) {
    return new KastellanError({
      code: 'redis.full',
      message: 'Redis has no memory left, so nothing can be stored.',
      hint: 'Give Redis more memory (maxmemory), then try again.',
      retry: LATER,
      cause,
    });
  }
  if (/^(NOAUTH|NOPERM|WRONGPASS|WRONGTYPE|ERR|MISCONF)\b/.test(text)) {
    return new KastellanError({
      code: 'redis.refused',
      message: 'Redis refused a command.',
      hint: 'The cause is in the log; check the rights of the Redis user and the state of the server.',
      retry: LATER,
      cause,
    });
  }
  return new KastellanError({
    code: 'redis.unreachable',
    message: 'Redis does not answer at the moment.',
    hint: 'Nothing is lost; try again in a minute.',
    retry: LATER,
    cause,
  });
}

/**
 * Runs a command; whatever Redis throws becomes a KastellanError. One that the old primary refuses after a fail-over has
 * not happened, and is sent again to the new one.
 * @throws KastellanError `redis.full`, `redis.refused`, `redis.unreachable`
 */
export async function withRedis<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (isRefusedByReplica(cause)) return runAtNewPrimary(run);
    throw redisFailure(cause);
  }
}

async function runAtNewPrimary<T>(run: () => Promise<T>): Promise<T> {
  const until = Date.now() + CONNECTED_WITHIN_MS;
  for (;;) {
    await pause(CONNECTED_WITHIN_MS / 50);
    try {
      return await run();
    } catch (cause) {
      // What is not sent, for want of a connection, has not happened either.
      const again = isRefusedByReplica(cause) || (cause instanceof Error && NOT_SENT.test(cause.message));
      if (!again || Date.now() > until) throw redisFailure(cause);
    }
  }
}

function isRefusedByReplica(cause: unknown): boolean {
  return cause instanceof Error && DEMOTED.test(cause.message);
}
