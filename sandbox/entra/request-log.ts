import type { FastifyInstance, FastifyRequest } from 'fastify';

/** One request to the sandbox's Entra. The parts of a batch are requests of their own. */
export interface LoggedRequest {
  readonly at: Date;
  readonly method: string;
  /** With the query, without the host. */
  readonly url: string;
  readonly status: number;
  /** The calling application, for Graph requests with a good token. */
  readonly clientId: string | undefined;
  /** True for the parts of a `$batch`. */
  readonly batched: boolean;
}

/** One request with what went over the wire, for checks against a contract. Secrets included: never store it. */
export interface Exchange extends LoggedRequest {
  readonly requestHeaders: Readonly<Record<string, unknown>>;
  readonly requestBody: unknown;
  readonly responseBody: unknown;
}

/** Writes every request to the log, and hands the whole exchange to `record` if there is one. */
export function logRequests(
  app: FastifyInstance,
  log: LoggedRequest[],
  record: ((exchange: Exchange) => void) | undefined,
): void {
  const bodies = new WeakMap<FastifyRequest, unknown>();
  app.addHook('onSend', async (request, _reply, payload) => {
    if (record) bodies.set(request, payload);
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    const logged: LoggedRequest = {
      at: new Date(),
      method: request.method,
      url: request.originalUrl,
      status: reply.statusCode,
      clientId: request.caller?.clientId,
      batched: request.headers['x-sandbox-batch-part'] !== undefined,
    };
    log.push(logged);
    record?.({
      ...logged,
      requestHeaders: request.headers,
      requestBody: request.body,
      responseBody: parsed(bodies.get(request)),
    });
  });
}

function parsed(payload: unknown): unknown {
  if (typeof payload !== 'string' || payload === '') return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
