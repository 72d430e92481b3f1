import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type App, type BufferedIncomingMessage, HTTPModuleFunctions, HTTPReceiver } from '@slack/bolt';
import type { Secret } from '../domain/secret.ts';
import type { Replays } from '../ports/replays.ts';
import type { Log } from '../ports/telemetry.ts';
import { answerWithin } from './answer-within.ts';
import { payloadKind } from './payload.ts';
import type { Connection } from './socket-connection.ts';
import { slackLogger } from './web-clients.ts';

// A little longer than Bolt accepts the same timestamp.
const REMEMBER_MS = 6 * 60_000;
const CLOCK_SKEW_S = 60;
// Slack waits three seconds. Whatever is done twice after that is refused by its trigger, which needs Redis, too.
const REDIS_WITHIN_MS = 500;
const SIGNATURE = /^v0=([0-9a-f]{64})$/;
const MOST_LINES_A_MINUTE = 10;
const STOP_WITHIN_MS = 5_000;
// As Bolt has it by default.
const BODY_LIMIT = 4 * 1_024 * 1_024;

/**
 * Requests that Slack signed. Bolt checks the signature and that it is not older than five minutes; here a signature
 * also counts once only, in all processes, and not before its time.
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function createHttpConnection(options: {
  signingSecret: Secret;
  host: string;
  port: number;
  log: Log;
  replays: Replays;
  /** Told of each request that is not Slack's, or not for the first time, and why it was refused. */
  onRefused(why: string): void;
}): {
  receiver: HTTPReceiver;
  connection: Connection;
} {
  const { host, port, replays } = options;
  const log = limitedLog(options.log);
  const sentBefore = new WeakSet<object>();
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret.reveal(),
    logger: slackLogger(log),
    endpoints: ['/slack/events'],
    // Called for verified requests only.
    customPropertiesExtractor: ({ headers }) => ({ digest: digestIn(headers) }),
    async processEventErrorHandler(failed) {
      if (!(failed.error instanceof SentBefore)) {
        return HTTPModuleFunctions.defaultProcessEventErrorHandler(failed);
      }
      sentBefore.add(failed.response);
      failed.response.writeHead(401).end();
      return true;
    },
  });
  countOnce(receiver, replays);
  const readable = onlyReadable(receiver.requestListener, options.signingSecret, log);
  receiver.requestListener = refusing(readable, log, (why, response) =>
    options.onRefused(sentBefore.has(response) ? 'it was sent before' : why),
  );
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

class SentBefore extends Error {}

/** Answers 400 to what is signed and cannot be read. Bolt would take it, and it may end the process. */
function onlyReadable(next: RequestListener, signingSecret: Secret, log: Log): RequestListener {
  const refuse = (response: ServerResponse, status: number, problem: string): void => {
    log.warn({ problem, status }, 'A request was refused');
    response.writeHead(status).end();
  };
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let verified: BufferedIncomingMessage;
    try {
      verified = await HTTPModuleFunctions.parseAndVerifyHTTPRequest(
        { enabled: true, signingSecret: signingSecret.reveal(), bodyLimit: BODY_LIMIT },
        request,
      );
    } catch (thrown) {
      const isTooLarge = HTTPModuleFunctions.isRawBodyError(thrown) && thrown.statusCode === 413;
      return refuse(response, isTooLarge ? 413 : 401, String(thrown));
    }
    if (payloadKind(bodyOf(verified)) === 'malformed')
      return refuse(response, 400, 'its payload cannot be read');
    next(request, response);
  };
  return (request, response) => {
    if (request.method !== 'POST') return next(request, response);
    // Bolt throws for a path that is not its own.
    take(request, response).catch(() => response.headersSent || response.writeHead(404).end());
  };
}

function bodyOf(request: BufferedIncomingMessage): unknown {
  try {
    return HTTPModuleFunctions.parseHTTPRequestBody(request);
  } catch {
    return undefined;
  }
}

// Between the verification and the app: nothing is remembered of a request that is not Slack's.
function countOnce(receiver: HTTPReceiver, replays: Replays): void {
  const init = receiver.init.bind(receiver);
  receiver.init = (app) => {
    const processEvent: App['processEvent'] = async (event) => {
      const digest: unknown = event.customProperties?.['digest'];
      if (typeof digest === 'string' && !(await isFirst(replays, digest))) throw new SentBefore();
      await app.processEvent(event);
    };
    init({ processEvent } as App);
  };
}

// A Redis that is away must not cost the acknowledgement: what changes anything asks it again, by the trigger.
function isFirst(replays: Replays, digest: string): Promise<boolean> {
  return answerWithin(REDIS_WITHIN_MS, replays.isFirst('signature', digest, REMEMBER_MS), true);
}

/** Refuses what cannot be Slack's before it is read, and says why a request was refused. */
function refusing(
  next: RequestListener,
  log: Log,
  onRefused: (why: string, response: ServerResponse) => void,
): RequestListener {
  return (request, response) => {
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      log.warn({ problem: refusal, from: request.socket.remoteAddress ?? null }, 'A request was refused');
      onRefused(refusal, response);
      response.writeHead(401).end();
      return;
    }
    response.once('close', () => {
      if (response.statusCode !== 401) return;
      onRefused("it is too old, or not signed with Slack's secret", response);
    });
    next(request, response);
  };
}

function refusalOf({ headers }: IncomingMessage): string | undefined {
  // Read as Bolt reads it.
  const timestamp = Number.parseInt(String(headers['x-slack-request-timestamp']), 10);
  if (timestamp > Date.now() / 1_000 + CLOCK_SKEW_S) return 'its timestamp lies in the future';
  const isSigned = headers['x-slack-signature'] !== undefined;
  return isSigned && digestIn(headers) === undefined ? 'its signature is not one of Slack' : undefined;
}

// Bolt takes a header with more behind the digest, too: the same request would then look like another one.
function digestIn(headers: IncomingMessage['headers']): string | undefined {
  return SIGNATURE.exec(String(headers['x-slack-signature']))?.[1];
}

/** A log in which strangers who send request after request cannot write without end. */
function limitedLog(log: Log): Log {
  let minute = 0;
  let written = 0;
  return {
    info: (fields, message) => log.info(fields, message),
    error: (fields, message, thrown) => log.error(fields, message, thrown),
    warn(fields, message) {
      const current = Math.floor(Date.now() / 60_000);
      if (current !== minute) {
        const left = written - MOST_LINES_A_MINUTE;
        if (left > 0) log.warn({ left }, 'More warnings about requests were left out');
        [minute, written] = [current, 0];
      }
      written += 1;
      if (written <= MOST_LINES_A_MINUTE) log.warn(fields, message);
    },
  };
}
