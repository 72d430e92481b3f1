import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HTTPReceiver } from '@slack/bolt';
import type { Secret } from '../domain/secret.ts';
import type { Log } from '../ports/telemetry.ts';
import type { Connection } from './socket-connection.ts';
import { slackLogger } from './web-clients.ts';

const REMEMBER_MS = 5 * 60_000;
const CLOCK_SKEW_S = 60;
const STOP_WITHIN_MS = 5_000;

/**
 * Requests that Slack signed. Bolt checks the signature and that it is not older than five minutes; here a signature
 * also counts once only, and not before its time.
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function createHttpConnection(options: {
  signingSecret: Secret;
  host: string;
  port: number;
  log: Log;
  /** Told of each request that is not Slack's, or not for the first time, and why it was refused. */
  onRefused(why: string): void;
}): {
  receiver: HTTPReceiver;
  connection: Connection;
} {
  const { log, host, port } = options;
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret.reveal(),
    logger: slackLogger(log),
    endpoints: ['/slack/events'],
  });
  receiver.requestListener = onceOnly(receiver.requestListener, log, options.onRefused);
  let server: Server | undefined;
  const connection: Connection = {
    async start() {
      const started = await receiver.start({ host, port });
      server = started as Server;
    },
    async stop() {
      if (server === undefined) return;
      const closing = receiver.stop();
      server.closeIdleConnections();
      const timer = setTimeout(() => server?.closeAllConnections(), STOP_WITHIN_MS);
      await closing;
      clearTimeout(timer);
      server = undefined;
    },
    connected: () => server?.listening === true,
    address() {
      const address = server?.address() as AddressInfo | null | undefined;
      return address === null || address === undefined ? undefined : `http://${host}:${address.port}`;
    },
  };
  return { receiver, connection };
}

/** Lets a request through unless its timestamp lies in the future or its signature was seen before. */
function onceOnly(
  next: RequestListener,
  log: Log,
  onRefused: (why: string) => void,
  now: () => number = Date.now,
): RequestListener {
  const seen = new Map<string, number>();
  return (request, response) => {
    const signature = request.headers['x-slack-signature'];
    forgetOld(seen, now());
    const refusal = refusalOf(request, seen, now());
    if (refusal !== undefined) {
      log.warn({ problem: refusal, from: request.socket.remoteAddress ?? null }, 'A request was refused');
      onRefused(refusal);
      response.writeHead(401).end();
      return;
    }
    if (typeof signature === 'string') seen.set(signature, now());
    response.once('close', () => {
      if (response.statusCode !== 401) return;
      // Only signatures that were Slack's are kept: a stranger cannot fill the memory.
      if (typeof signature === 'string') seen.delete(signature);
      onRefused("it is too old, or not signed with Slack's secret");
    });
    next(request, response);
  };
}

function refusalOf(
  request: IncomingMessage,
  seen: ReadonlyMap<string, number>,
  now: number,
): string | undefined {
  const timestamp = Number(request.headers['x-slack-request-timestamp']);
  if (timestamp > now / 1_000 + CLOCK_SKEW_S) return 'its timestamp lies in the future';
  const signature = request.headers['x-slack-signature'];
  return typeof signature === 'string' && seen.has(signature) ? 'it was sent before' : undefined;
}

// Entries stand in the order of their time; a little longer than Bolt accepts the same timestamp.
function forgetOld(seen: Map<string, number>, now: number): void {
  for (const [signature, at] of seen) {
    if (now - at < REMEMBER_MS + CLOCK_SKEW_S * 1_000) return;
    seen.delete(signature);
  }
}
