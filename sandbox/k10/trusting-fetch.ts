import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import tls from 'node:tls';

/** The part of `fetch` that an OpenID client needs. */
export type TrustingFetch = (url: string, init?: FetchInit) => Promise<Response>;

const limitMs = 10_000;

interface FetchInit {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/**
 * A `fetch` that trusts the well-known certificate authorities and those given (PEM), as K10 does with its CA bundle.
 * The global `fetch` trusts the same for the whole process, which would hide that K10 had not been told.
 */
export function trustingFetch(extraCa: string): TrustingFetch {
  const ca = [...tls.rootCertificates, ...(extraCa ? [extraCa] : [])];
  return async (url, init = {}) => {
    const body = init.body === undefined || init.body === null ? undefined : String(init.body);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method = 'GET', headers = {} } = init;
      const options = { method, headers, ca, agent: false, signal: AbortSignal.timeout(limitMs) };
      const sent = request(url, options, resolve);
      sent.once('error', reject);
      sent.end(body);
    });
    const content = await buffer(answer);
    const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const status = answer.statusCode ?? 500;
    return new Response(status === 204 || status === 304 ? null : content, { status, headers });
  };
}
