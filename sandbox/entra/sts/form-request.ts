import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Form } from './form.ts';

/**
 * A request like the given one with another form as its body: Fastify has read the body already, and the client's
 * secret is not the provider's business. The Authorization header is taken off for the same reason.
 */
export function formRequest(original: IncomingMessage, form: Form): IncomingMessage {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, value);
  const bytes = Buffer.from(body.toString());
  const { authorization: _authorization, 'transfer-encoding': _encoding, ...headers } = original.headers;
  // Not a real IncomingMessage: the end of one would close the connection that the answer needs.
  const request = Object.assign(Readable.from([bytes], { objectMode: false }), {
    method: original.method,
    url: original.url,
    httpVersion: original.httpVersion,
    socket: original.socket,
    headers: {
      ...headers,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(bytes.length),
    },
  });
  return request as unknown as IncomingMessage;
}
