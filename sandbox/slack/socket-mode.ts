import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { WebSocket } from 'ws';
import type { Delivered, Delivery, DeliveryKind } from './delivery.ts';
import { isJson, type Json, parseJson } from './json.ts';
import type { SlackApp, SlackKnobs } from './options.ts';
import type { Traffic } from './traffic.ts';

const MAX_CONNECTIONS = 10;
const PING_EVERY_MS = 10_000;
const CLOSE_PATIENCE_MS = 1_000;

interface Waiting {
  /** The connection that the envelope went to: only there it can be acknowledged. */
  readonly client: WebSocket;
  answered(payload: unknown): void;
  lost(): void;
}

/**
 * Slack's side of Socket Mode: tickets, connections, envelopes and their acknowledgements.
 * https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export class SocketMode implements Delivery {
  readonly #app: SlackApp;
  readonly #knobs: SlackKnobs;
  readonly #traffic: Traffic;
  readonly #tickets = new Set<string>();
  readonly #connections: WebSocket[] = [];
  readonly #waiting = new Map<string, Waiting>();
  readonly #pings: NodeJS.Timeout;
  #turn = 0;

  constructor(app: SlackApp, knobs: SlackKnobs, traffic: Traffic) {
    this.#app = app;
    this.#knobs = knobs;
    this.#traffic = traffic;
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS);
    this.#pings.unref();
  }

  /** How many connections the app holds. */
  get connected(): number {
    return this.#connections.length;
  }

  /** A ticket for one connection, as `apps.connections.open` gives it. */
  issueTicket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return ticket;
  }

  /** Whether this ticket is good; it is used up by asking. */
  redeem(ticket: string): boolean {
    return this.#tickets.delete(ticket);
  }

  /** Takes a connection in and greets it. */
  accept(client: WebSocket): void {
    if (this.#connections.length >= MAX_CONNECTIONS) {
      client.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }));
      client.close();
      return;
    }
    this.#connections.push(client);
    client.on('message', (data) => this.#hear(data.toString()));
    client.on('close', () => this.#forget(client));
    client.on('error', () => client.terminate());
    client.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.#connections.length,
        debug_info: { host: 'sandbox', approximate_connection_time: 18_060 },
        connection_info: { app_id: this.#app.appId },
      }),
    );
    this.#traffic.add('to_app', 'socket', 'hello', { connections: this.#connections.length });
  }

  /** Sends one envelope to one of the connections and waits for its acknowledgement. */
  deliver(kind: DeliveryKind, payload: Json, retry = 0): Promise<Delivered> {
    const client = this.#connections[this.#turn++ % Math.max(1, this.#connections.length)];
    if (client === undefined) return Promise.resolve({ outcome: 'dispatch_failed' });
    const id = randomUUID();
    const envelope = {
      envelope_id: id,
      payload,
      type: kind,
      accepts_response_payload: kind !== 'events_api',
      ...(kind === 'events_api' ? { retry_attempt: retry, retry_reason: retry === 0 ? '' : 'timeout' } : {}),
    };
    this.#traffic.add('to_app', kind, String(payload['type'] ?? payload['command'] ?? kind), payload);
    client.send(JSON.stringify(envelope));
    return new Promise((resolve) => {
      const lost = () => {
        clearTimeout(late);
        this.#waiting.delete(id);
        resolve({ outcome: 'operation_timeout' });
      };
      const late = setTimeout(lost, this.#knobs.ackTimeoutMs);
      this.#waiting.set(id, {
        client,
        lost,
        answered: (body) => {
          clearTimeout(late);
          resolve({ outcome: 'acknowledged', body });
        },
      });
    });
  }

  /** Sends text as it is over every connection, whether or not it is an envelope. */
  sendRaw(text: string): void {
    for (const client of this.#connections) client.send(text);
  }

  /** Tells every connection to go away, for the reason given, and closes those that stay. */
  disconnect(reason: 'warning' | 'refresh_requested' | 'link_disabled'): void {
    for (const client of [...this.#connections]) {
      client.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }));
      if (reason !== 'warning') client.close();
    }
  }

  /** Cuts every connection without a word, as a broken network does. */
  drop(): void {
    for (const client of [...this.#connections]) client.terminate();
  }

  /** Closes every connection politely, and cuts those that do not answer. */
  async close(): Promise<void> {
    clearInterval(this.#pings);
    const closed = this.#connections.map((client) => once(client, 'close'));
    for (const client of this.#connections) client.close(1000);
    const impatient = setTimeout(() => this.drop(), CLOSE_PATIENCE_MS);
    await Promise.all(closed);
    clearTimeout(impatient);
  }

  #ping(): void {
    for (const client of this.#connections) client.ping();
  }

  #hear(data: string): void {
    const frame = parseJson(data);
    if (!isJson(frame) || typeof frame['envelope_id'] !== 'string') return;
    this.#traffic.add('from_app', 'ack', frame['envelope_id'], frame['payload'] ?? null);
    this.#waiting.get(frame['envelope_id'])?.answered(frame['payload']);
    this.#waiting.delete(frame['envelope_id']);
  }

  #forget(client: WebSocket): void {
    const at = this.#connections.indexOf(client);
    if (at >= 0) this.#connections.splice(at, 1);
    for (const waiting of [...this.#waiting.values()]) if (waiting.client === client) waiting.lost();
    this.#traffic.add('to_app', 'socket', 'closed', { connections: this.#connections.length });
  }
}
