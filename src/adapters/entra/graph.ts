import { randomUUID } from 'node:crypto';
import {
  AuthenticationHandler,
  AuthenticationHandlerOptions,
  Client,
  type Context,
  type GraphRequest,
  type Middleware,
  ResponseType,
} from '@microsoft/microsoft-graph-client';
import { KastellanError, LATER } from '../../domain/errors.ts';
import { outcomeOfStatus } from '../../domain/remote-call.ts';
import type { WatchCall } from '../../ports/telemetry.ts';
import { networkFailure } from '../network-failure.ts';
import { sendBatch } from './graph-batch.ts';
import { type GraphCall, pauseBefore } from './graph-call.ts';
import { type Answer, readProblem } from './graph-envelope.ts';
import { GraphRefusal, isRefusal } from './graph-problem.ts';
import type { OwnIdentity, TokenSource } from './identity.ts';
import type { Operation } from './permissions.ts';
import { unreachable, untrusted } from './reachability.ts';
import type { Time } from './time.ts';

/** The only way to Microsoft Graph. Every method may raise KastellanError with a code that starts with `entra.`. */
export interface Graph {
  /** Origin of Graph: references to objects have to name the cloud's own. */
  readonly url: string;
  /** The answer's body; `undefined` for an empty one. */
  request<T>(call: GraphCall): Promise<T | undefined>;
  /** Like `request`, but a 404 is `undefined` too. */
  find<T>(call: GraphCall): Promise<T | undefined>;
  /** The items of all pages. */
  list<T>(call: GraphCall): Promise<T[]>;
  /** The items page by page, so that nobody has to hold them all. */
  pages<T>(call: GraphCall): AsyncGenerator<readonly T[]>;
  /**
   * Up to twenty calls that may be repeated, as one; each is tried again by itself.
   * @returns for each call what it was refused with; undefined where it was done
   */
  batch(calls: readonly GraphCall[]): Promise<unknown[]>;
  /** Who Kastellan is, as its own access token tells. */
  identity(): Promise<OwnIdentity>;
}

export interface GraphOptions {
  readonly url: string;
  readonly tokens: TokenSource;
  readonly time: Time;
  /** Milliseconds until one attempt is given up. */
  readonly requestTimeoutMs: number;
  /** How long one call may wait for Graph altogether before the caller is told to come later, in milliseconds. */
  readonly throttleBudgetMs: number;
  readonly watch: WatchCall;
}

/**
 * What it returns throws KastellanError `entra.unexpected-answer`.
 * @see https://learn.microsoft.com/graph/errors and https://learn.microsoft.com/graph/throttling
 */
export function createGraph(options: GraphOptions): Graph {
  const client = Client.initWithMiddleware({
    baseUrl: `${options.url}/`,
    defaultVersion: 'v1.0',
    // The SDK shows its token only to hosts it knows, compared without the port.
    customHosts: new Set([new URL(options.url).hostname]),
    fetchOptions: { redirect: 'error' },
    middleware: chain(),
  });
  const request = <T>(call: GraphCall): Promise<T | undefined> => graphRequest<T>(client, options, call);
  return {
    url: options.url,
    request,
    find: async (call) => {
      try {
        return await request(call);
      } catch (thrown) {
        if (isRefusal(thrown, 404)) return undefined;
        throw thrown;
      }
    },
    list: async <T>(call: GraphCall) => {
      const items: T[] = [];
      for await (const page of readPages<T>(options.url, request, call)) items.push(...page);
      return items;
    },
    pages: <T>(call: GraphCall) => readPages<T>(options.url, request, call),
    batch: (calls) => {
      const { time, throttleBudgetMs, tokens } = options;
      return sendBatch({ time, throttleBudgetMs, request, secrets: () => tokens.secrets }, calls);
    },
    identity: () => options.tokens.identity(),
  };
}

// The SDK's own retry handler cannot tell which calls may be repeated after a broken connection, nor give up in time.
function chain(): Middleware[] {
  const authentication = new AuthenticationHandler({ getAccessToken: () => Promise.resolve('') });
  const transport = new FetchHandler();
  authentication.setNext(transport);
  return [authentication, transport];
}

/** Sends the request; what broke a connection would be lost in the SDK's error, so its name carries it out. */
class FetchHandler implements Middleware {
  async execute(context: Context): Promise<void> {
    try {
      context.response = await fetch(context.request, context.options);
    } catch (thrown) {
      const broken = new Error('no answer');
      broken.name = networkFailure(thrown).code;
      throw broken;
    }
  }
}

async function graphRequest<T>(
  client: Client,
  options: GraphOptions,
  call: GraphCall,
): Promise<T | undefined> {
  const end = options.time.now() + options.throttleBudgetMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptWithToken<T>(client, options, call);
    } catch (thrown) {
      const pause = pauseBefore(thrown, call, attempt);
      if (pause === undefined || options.time.now() + pause > end) throw thrown;
      await options.time.sleep(pause);
    }
  }
}

/**
 * Entra can refuse a token before it ends: it was revoked, or a clock jumped. A new one may do; a second refusal is
 * about something else. Refused so, nothing was done yet: every call may be repeated.
 */
async function attemptWithToken<T>(
  client: Client,
  options: GraphOptions,
  call: GraphCall,
): Promise<T | undefined> {
  const token = await options.tokens.token();
  try {
    return await attemptOnce<T>(client, options, call, token);
  } catch (thrown) {
    if (!isRefusal(thrown, 401)) throw thrown;
    options.tokens.giveUp(token);
    return attemptOnce<T>(client, options, call, await options.tokens.token());
  }
}

async function attemptOnce<T>(
  client: Client,
  options: GraphOptions,
  call: GraphCall,
  token: string,
): Promise<T | undefined> {
  const answer = await options.watch(
    { system: 'graph', operation: call.operation },
    () => send(client, options, call, token),
    ({ status }) => outcomeOfStatus(status),
  );
  if (answer.status >= 300) {
    const problem = readProblem(answer, options.time.now());
    throw new GraphRefusal(call.operation, problem, [token, ...options.tokens.secrets]);
  }
  return answer.body === '' ? undefined : parse<T>(answer.body, call);
}

async function send(client: Client, options: GraphOptions, call: GraphCall, token: string): Promise<Answer> {
  const provider = { getAccessToken: () => Promise.resolve(token) };
  const request = client
    .api(call.path)
    .middlewareOptions([new AuthenticationHandlerOptions(provider)])
    .headers({ 'client-request-id': randomUUID(), ...call.headers })
    .option('signal', AbortSignal.timeout(options.requestTimeoutMs))
    .responseType(ResponseType.RAW);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    request.query({ [name]: encodeURIComponent(value) });
  }
  try {
    const response = (await dispatch(request, call)) as Response;
    // An answer can break off, too.
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (thrown) {
    throw broken(options.url, thrown);
  }
}

function dispatch(request: GraphRequest, call: GraphCall): Promise<unknown> {
  switch (call.method) {
    case 'GET':
      return request.get();
    case 'POST':
      return request.post(call.body ?? {});
    case 'PATCH':
      return request.patch(call.body ?? {});
    case 'DELETE':
      return request.delete();
  }
}

function broken(url: string, thrown: unknown): KastellanError {
  const failure = networkFailure(thrown);
  return failure.kind === 'untrusted-certificate'
    ? untrusted(url, failure.code, { cause: thrown })
    : unreachable(url, failure.code, { cause: thrown });
}

function parse<T>(text: string, call: GraphCall): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw unexpected(call.operation, 'A proxy may stand in between; the answer was not JSON.', cause);
  }
}

function unexpected(operation: Operation, hint: string, cause?: unknown): KastellanError {
  return new KastellanError({
    code: 'entra.unexpected-answer',
    message: `Something that is not Microsoft Graph answered when Kastellan wanted to ${operation}.`,
    hint,
    retry: LATER,
    cause,
  });
}

interface Page<T> {
  readonly value?: readonly T[];
  readonly '@odata.nextLink'?: string;
}

async function* readPages<T>(
  url: string,
  request: (call: GraphCall) => Promise<Page<T> | undefined>,
  call: GraphCall,
): AsyncGenerator<readonly T[]> {
  for (let next: GraphCall | undefined = call; next !== undefined; ) {
    const page: Page<T> | undefined = await request(next);
    yield page?.value ?? [];
    const link: string | undefined = page?.['@odata.nextLink'];
    next = link === undefined ? undefined : pageAt(link, url, call);
  }
}

// A link that leads elsewhere would be shown the access token, and a list without what is there looks like a whole one.
function pageAt(link: string, url: string, { operation, headers }: GraphCall): GraphCall {
  if (link.startsWith(`${url}/`))
    return { operation, method: 'GET', path: link, ...(headers !== undefined && { headers }) };
  throw unexpected(
    operation,
    `It was told that the list goes on at ${URL.parse(link)?.origin ?? 'no address'}, which is not ${url}.`,
  );
}
