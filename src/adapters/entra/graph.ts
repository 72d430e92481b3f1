import { randomUUID } from 'node:crypto';
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
  const request = <T>(call: GraphCall): Promise<T | undefined> => graphRequest<T>(options, call);
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

async function graphRequest<T>(options: GraphOptions, call: GraphCall): Promise<T | undefined> {
  const end = options.time.now() + options.throttleBudgetMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptWithToken<T>(options, call);
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
async function attemptWithToken<T>(options: GraphOptions, call: GraphCall): Promise<T | undefined> {
  const token = await options.tokens.token();
  try {
    return await attemptOnce<T>(options, call, token);
  } catch (thrown) {
    if (!isRefusal(thrown, 401)) throw thrown;
    options.tokens.giveUp(token);
    return attemptOnce<T>(options, call, await options.tokens.token());
  }
}

async function attemptOnce<T>(options: GraphOptions, call: GraphCall, token: string): Promise<T | undefined> {
  const answer = await options.watch(
    { system: 'graph', operation: call.operation },
    () => send(options, call, token),
    ({ status }) => outcomeOfStatus(status),
  );
  if (answer.status >= 300) {
    const problem = readProblem(answer, options.time.now());
    throw new GraphRefusal(call.operation, problem, [token, ...options.tokens.secrets]);
  }
  return answer.body === '' ? undefined : parse<T>(answer.body, call);
}

async function send(options: GraphOptions, call: GraphCall, token: string): Promise<Answer> {
  const hasBody = call.method === 'POST' || call.method === 'PATCH';
  try {
    const response = await fetch(addressOf(options.url, call), {
      method: call.method,
      headers: {
        Authorization: `Bearer ${token}`,
        'client-request-id': randomUUID(),
        ...(hasBody && { 'Content-Type': 'application/json' }),
        ...call.headers,
      },
      ...(hasBody && { body: JSON.stringify(call.body ?? {}) }),
      redirect: 'error',
      signal: AbortSignal.timeout(options.requestTimeoutMs),
    });
    // An answer can break off, too.
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (thrown) {
    throw broken(options, token, thrown);
  }
}

// The names of OData parameters begin with a plain $, so URLSearchParams does not fit.
function addressOf(url: string, { path, query = {} }: GraphCall): string {
  if (path.startsWith(`${url}/`)) return path;
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${url}/v1.0${path}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}

function broken({ url, tokens }: GraphOptions, token: string, thrown: unknown): KastellanError {
  const failure = networkFailure(thrown);
  const about = { cause: thrown, secrets: [token, ...tokens.secrets] };
  return failure.kind === 'untrusted-certificate'
    ? untrusted(url, failure.code, about)
    : unreachable(url, failure.code, about);
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
    // Read as an empty list, it would say that everything in it is gone.
    if (!Array.isArray(page?.value)) throw unexpected(call.operation, 'The answer was not a list.');
    yield page.value;
    const link = page['@odata.nextLink'];
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
