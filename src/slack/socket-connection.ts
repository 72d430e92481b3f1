import { setTimeout as sleep } from 'node:timers/promises';
import { SocketModeReceiver } from '@slack/bolt';
import { z } from 'zod';
import type { Secret } from '../domain/secret.ts';
import type { Log } from '../ports/telemetry.ts';
import { clientOptions, type SlackAccess, slackLogger } from './web-clients.ts';

const LONGEST_PAUSE_MS = 30_000;
const STOP_WITHIN_MS = 2_000;
// The library's five seconds end a sound connection, with every click that waits on it, where this process stood still for
// that long itself: it looks at the clock before it reads the answers that lie waiting.
const PONG_WITHIN_MS = 20_000;
const HELLO_WITHIN_MS = 30_000;

/** A way in which Slack reaches Kastellan. */
export interface Connection {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether Slack can reach us now. */
  connected(): boolean;
  /** Where signed requests are taken, like `http://127.0.0.1:8080`; undefined for Socket Mode. */
  address(): string | undefined;
}

/**
 * Socket Mode that keeps itself connected. The library's own reconnecting is off: it waits five seconds and more each
 * time, and where opening a connection fails it ends in a rejection that nobody can catch.
 */
export function createSocketConnection(
  options: Omit<SlackAccess, 'botToken'> & {
    readonly appToken: Secret;
    /** How long Slack may take to greet a new connection, in milliseconds; 30 seconds unless told. */
    readonly helloWithinMs?: number;
  },
): {
  receiver: SocketModeReceiver;
  connection: Connection;
} {
  const { log, helloWithinMs = HELLO_WITHIN_MS } = options;
  const receiver = new SocketModeReceiver({
    appToken: options.appToken.reveal(),
    logger: slackLogger(log),
    autoReconnectEnabled: false,
    clientPingTimeout: PONG_WITHIN_MS,
    installerOptions: { clientOptions: clientOptions(options) },
  });
  catchRejections(receiver.client, log);
  return { receiver, connection: new SocketConnection(receiver, log, helloWithinMs) };
}

class SocketConnection implements Connection {
  readonly #receiver: SocketModeReceiver;
  readonly #log: Log;
  readonly #helloWithinMs: number;
  readonly #stopping = new AbortController();
  #connected = false;
  #reconnecting = false;

  constructor(receiver: SocketModeReceiver, log: Log, helloWithinMs: number) {
    this.#receiver = receiver;
    this.#log = log;
    this.#helloWithinMs = helloWithinMs;
    receiver.client.on('connected', () => {
      this.#connected = true;
    });
    receiver.client.on('disconnected', () => {
      this.#connected = false;
      if (!this.#reconnecting && !this.#stopping.signal.aborted) this.#reconnect().catch(() => undefined);
    });
  }

  async start(): Promise<void> {
    this.#reconnecting = true;
    try {
      await this.#connect();
    } finally {
      this.#reconnecting = false;
    }
  }

  // The library waits for Slack's greeting without end.
  async #connect(): Promise<void> {
    const { client } = this.#receiver;
    const greeted = client.start();
    const timer = new AbortController();
    const late = sleep(this.#helloWithinMs, 'late', { signal: timer.signal }).catch(() => 'late');
    const first = await Promise.race([greeted, late]).finally(() => timer.abort());
    if (first !== 'late') return;
    greeted.catch(() => undefined);
    await this.#disconnect();
    throw new Error(`Slack did not greet the connection within ${this.#helloWithinMs / 1_000} s`);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#disconnect();
    this.#connected = false;
  }

  async #disconnect(): Promise<void> {
    const closed = this.#receiver.client.disconnect().catch(() => undefined);
    const timer = new AbortController();
    // The library waits long for the other side to say good-bye.
    await Promise.race([
      closed,
      sleep(STOP_WITHIN_MS, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
  }

  connected(): boolean {
    return this.#connected;
  }

  address(): undefined {
    return undefined;
  }

  async #reconnect(): Promise<void> {
    this.#reconnecting = true;
    const { signal } = this.#stopping;
    for (let attempt = 0; !this.#connected && !signal.aborted; attempt += 1) {
      const pause = attempt === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempt);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      try {
        await this.#connect();
        this.#log.info({ attempt }, 'Connected to Slack again');
      } catch (thrown) {
        const problem = thrown instanceof Error ? thrown.message : 'the connection closed';
        this.#log.warn({ attempt, problem }, 'Slack cannot be reached');
      }
    }
    this.#reconnecting = false;
  }
}

type Listener = (...args: unknown[]) => unknown;
interface Emitter {
  listeners(event: string): Listener[];
  removeAllListeners(event: string): unknown;
  on(event: string, listener: Listener): unknown;
}

// The library's asynchronous listeners are called by an emitter that drops their promises: an acknowledgement on a closed
// socket would end the whole process.
function catchRejections(emitter: Emitter, log: Log): void {
  for (const event of ['ws_message', 'slack_event']) {
    const originals = emitter.listeners(event);
    emitter.removeAllListeners(event);
    for (const original of originals) {
      emitter.on(event, async (...args) => {
        try {
          await original(...(event === 'ws_message' ? args.map(readableFrame) : args));
        } catch (thrown) {
          const problem = thrown instanceof Error ? thrown.message : String(thrown);
          log.warn({ event, problem }, 'Something from Slack could not be taken');
        }
      });
    }
  }
}

const eventWithoutInner = z.looseObject({
  type: z.literal('events_api'),
  payload: z.looseObject({ type: z.string(), event: z.undefined().optional() }),
});

// The library fails at an event that has no inner event (`app_rate_limited`) before anything can be acknowledged. Under another
// type it comes through like all others.
function readableFrame(data: unknown): unknown {
  const frame = typeof data === 'string' ? eventWithoutInner.safeParse(jsonOf(data)).data : undefined;
  return frame === undefined ? data : JSON.stringify({ ...frame, type: frame.payload.type });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
