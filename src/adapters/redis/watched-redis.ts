import { type Command, Redis, type RedisOptions } from 'ioredis';
import type { CallOutcome } from '../../domain/remote-call.ts';
import type { WatchCall } from '../../ports.ts';

/** A connection that tells of each command by its name alone. */
export class WatchedRedis extends Redis {
  readonly #watch: WatchCall;

  constructor(options: Omit<RedisOptions, 'replyMapping'>, watch: WatchCall) {
    super(options);
    this.#watch = watch;
  }

  override sendCommand(...[command, stream]: Parameters<Redis['sendCommand']>): unknown {
    const sent = super.sendCommand(command, stream);
    // Never rejects: how it ended is its result.
    void this.#watch(
      { system: 'redis', operation: command.name },
      () => outcomeOf(command),
      (outcome) => outcome,
    );
    return sent;
  }
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
