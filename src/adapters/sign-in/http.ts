import { KastellanError, LATER } from '../../domain/errors.ts';
import { outcomeOfStatus } from '../../domain/remote-call.ts';
import type { WatchCall } from '../../ports/telemetry.ts';
import { networkFailure } from '../network-failure.ts';
import { readRetryAfter } from '../retry-after.ts';

/** An answer as far as anybody here wants to know it. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The first 256 KiB of the body. */
  readonly text: string;
  /** Undefined when the body is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export interface Ask {
  /** What for, in words that fit any host. */
  readonly operation: string;
  readonly url: string;
  readonly form?: URLSearchParams;
  readonly cookies?: string;
}

export interface Caller {
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly watch: WatchCall;
}

const MAX_BODY_BYTES = 256 * 1024;

/**
 * One HTTP request; redirects are handed back, not followed, so that nothing is shown to a host nobody chose.
 * @throws KastellanError `sign-in.unreachable`, `sign-in.untrusted-certificate`
 */
export async function ask(request: Ask, caller: Caller): Promise<{ answer: Answer; response: Response }> {
  try {
    const response = await caller.watch(
      { system: 'sign-in', operation: request.operation },
      () => send(request, caller.timeoutMs),
      ({ status }) => outcomeOfStatus(status),
    );
    const text = await readBounded(response);
    const { status, headers } = response;
    const location = headers.get('location') ?? undefined;
    const retryAfterMs = readRetryAfter(headers.get('retry-after'), Date.now());
    return { answer: { status, location, retryAfterMs, text, body: jsonObject(text) }, response };
  } catch (thrown) {
    throw noAnswer(new URL(request.url).origin, thrown);
  }
}

function send({ url, form, cookies }: Ask, timeoutMs: number): Promise<Response> {
  return fetch(url, {
    method: form === undefined ? 'GET' : 'POST',
    body: form ?? null,
    redirect: 'manual',
    headers: {
      accept: form === undefined ? 'application/json, text/html' : 'application/json',
      ...(cookies ? { cookie: cookies } : {}),
    },
    signal: AbortSignal.timeout(timeoutMs),
  });
}

// Whoever sits at the other end must not be able to fill the memory.
async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function noAnswer(origin: string, thrown: unknown): KastellanError {
  const { kind, code } = networkFailure(thrown);
  if (kind === 'untrusted-certificate') {
    return new KastellanError({
      code: 'sign-in.untrusted-certificate',
      message: `The certificate of ${origin} is not one that Kastellan trusts (${code}).`,
      hint: "Give your company's CA in NODE_EXTRA_CA_CERTS and start Kastellan again. Browsers and K10 need to trust it too.",
      cause: thrown,
    });
  }
  return new KastellanError({
    code: 'sign-in.unreachable',
    message: `${origin} does not answer (${code}).`,
    hint: 'Check the address, the network and the name resolution where Kastellan runs.',
    retry: LATER,
    cause: thrown,
  });
}
