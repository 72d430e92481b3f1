import { KastellanError, LATER } from '../../domain/errors.ts';
import { networkFailure } from '../network-failure.ts';

/** An answer as far as anybody here wants to know it. */
export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  /** Undefined when the body is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

export interface Ask {
  readonly url: string;
  readonly form?: URLSearchParams;
  readonly cookies?: string;
}

const MAX_BODY_BYTES = 256 * 1024;

/**
 * One HTTP request; redirects are handed back, not followed, so that nothing is shown to a host nobody chose.
 * @throws KastellanError `sign-in.unreachable`, `sign-in.untrusted-certificate`
 */
export async function ask(request: Ask, timeoutMs: number): Promise<{ answer: Answer; response: Response }> {
  try {
    const response = await fetch(request.url, {
      method: request.form === undefined ? 'GET' : 'POST',
      body: request.form ?? null,
      redirect: 'manual',
      headers: {
        accept: request.form === undefined ? 'application/json, text/html' : 'application/json',
        ...(request.cookies ? { cookie: request.cookies } : {}),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await readBounded(response);
    const location = response.headers.get('location') ?? undefined;
    return { answer: { status: response.status, location, body: jsonObject(text) }, response };
  } catch (thrown) {
    throw noAnswer(new URL(request.url).origin, thrown);
  }
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
