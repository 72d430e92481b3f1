import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** Whether the signature is the one that Standard Webhooks wants. */
  readonly signed: boolean;
}

export interface WebhookReceiver {
  readonly url: string;
  /** What was taken, in the order in which it came. */
  readonly deliveries: Delivery[];
  /** How the next deliveries are answered; 204 unless told. */
  answer: (delivery: Delivery) => { readonly status: number; readonly retryAfter?: string };
  /** Resolves when the next delivery was refused. */
  refused(): Promise<void>;
  /** Resolves when `count` deliveries were taken. */
  taken(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver of signed messages on 127.0.0.1; with a port it comes back where it was. */
export async function startWebhookReceiver(secret: string, port = 0): Promise<WebhookReceiver> {
  const waiting = new Set<() => void>();
  const refusals = new EventEmitter();
  const server = createServer(async (request, response) => {
    const delivery = read(request, await text(request), secret);
    const { status, retryAfter } = receiver.answer(delivery);
    if (status < 300) receiver.deliveries.push(delivery);
    else refusals.emit('refused');
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
    for (const wake of waiting) wake();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/audit`,
    deliveries: [],
    answer: () => ({ status: 204 }),
    refused: async () => void (await once(refusals, 'refused')),
    taken: (count) =>
      new Promise((resolve) => {
        const wake = () => {
          if (receiver.deliveries.length < count) return;
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        wake();
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}

function read({ headers }: IncomingMessage, body: string, secret: string): Delivery {
  const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']].map(String);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    id: id ?? '',
    type: headers['content-type'] ?? '',
    body,
    signed: headers['webhook-signature'] === `v1,${expected}`,
  };
}
