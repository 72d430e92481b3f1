import { z } from 'zod';
import { readRetryAfter } from '../retry-after.ts';
import type { GraphProblem } from './graph-problem.ts';

// Whatever has another shape than Graph's own is left out, and the rest still read.
const text = z.string().optional().catch(undefined);
const inner = z.object({ 'request-id': text }).optional().catch(undefined);
const envelope = z.object({
  error: z
    .object({
      code: text,
      message: text,
      details: z
        .array(z.object({ code: text }).catch({}))
        .catch([])
        .default([]),
      innerError: inner,
      innererror: inner,
    })
    .optional()
    .catch(undefined),
});

/** An answer that has come in full. */
export interface Answer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  readonly body: string;
}

/**
 * Takes Graph's error envelope apart; what is no envelope (a proxy's page) is kept as text.
 * @param now epoch milliseconds
 * @see https://learn.microsoft.com/graph/errors
 */
export function readProblem({ status, headers, body }: Answer, now: number): GraphProblem {
  const error = parseLeniently(body);
  const traces = error?.innerError ?? error?.innererror;
  return {
    status,
    code: error?.code ?? 'unknown',
    detailCodes: (error?.details ?? []).flatMap(({ code }) => (code === undefined ? [] : [code])),
    message: error?.message ?? body.slice(0, 300),
    requestId: traces?.['request-id'] ?? headers.get('request-id') ?? undefined,
    retryAfterMs: readRetryAfter(headers.get('retry-after'), now),
  };
}

function parseLeniently(body: string): z.output<typeof envelope>['error'] {
  try {
    return envelope.safeParse(JSON.parse(body)).data?.error;
  } catch {
    return undefined;
  }
}
