import { Cluster, type Command, Redis, type RedisOptions } from 'ioredis';
import type { CallOutcome } from '../../domain/remote-call.ts';
import type { WatchCall } from '../../ports/telemetry.ts';

/** A connection that tells of each command by its name alone. */
export class WatchedRedis extends Redis {
  readonly #watch: WatchCall;

  constructor(options: Omit<RedisOptions, 'replyMapping'>, watch: WatchCall) {
    super(options);
    this.#watch = watch;
  }

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const sent = super.sendCommand(command, stream);
    tell(this.#watch, command);
    return sent;
  }
}

type ClusterArguments = ConstructorParameters<typeof Cluster<'legacy'>>;

/** Connections to a Redis Cluster that tell of each command, and refuse it at once while no node answers. */
export class WatchedCluster extends Cluster {
  readonly #watch: WatchCall;

  constructor(nodes: ClusterArguments[0], options: ClusterArguments[1], watch: WatchCall) {
    super(nodes, options);
    this.#watch = watch;
  }

  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): unknown {
    // What opens the connections is sent before they are ready. `enableOfflineQueue` would refuse more: what comes while a
    // single node is being connected to.
    if (this.status !== 'ready' && command.name !== 'cluster')
      command.reject(new Error('Connection is closed.'));
    else super.sendCommand(command, stream, node);
    tell(this.#watch, command);
    return command.promise;
  }
}

function tell(watch: WatchCall, command: Command): void {
  // Never rejects: how it ended is its result.
  void watch(
    { system: 'redis', operation: command.name },
    () => outcomeOf(command),
    (outcome) => outcome,
  );
}

function outcomeOf(command: Command): Promise<CallOutcome> {
  return command.promise.then(
    () => 'ok' as const,
    (thrown: unknown) => (isReply(thrown) ? refusal(thrown) : 'unreachable'),
  );
}

function isReply(thrown: unknown): thrown is Error {
  return thrown instanceof Error && thrown.name === 'ReplyError';
}

// A script is sent by its hash first, and in full where Redis does not know it: that is no failure.
function refusal({ message }: Error): CallOutcome {
  return message.startsWith('NOSCRIPT') ? 'ok' : 'refused';
}
