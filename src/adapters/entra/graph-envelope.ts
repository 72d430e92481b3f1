import type { GraphProblem } from './graph-problem.ts';

interface ErrorBody {
  readonly error?: {
    readonly code?: string;
    readonly message?: string;
    readonly details?: readonly { readonly code?: string }[];
    readonly innerError?: Readonly<Record<string, string>>;
    readonly innererror?: Readonly<Record<string, string>>;
  };
}

/** Takes Graph's error envelope apart; what is no envelope (a proxy's page) is kept as text. @see https://learn.microsoft.com/graph/errors */
export async function readProblem(response: Response, now: number): Promise<GraphProblem> {
  const text = await response.text();
  const { error } = parseLeniently(text);
  const inner = error?.innerError ?? error?.innererror;
  return {
    status: response.status,
    code: error?.code ?? 'unknown',
    detailCodes: (error?.details ?? []).flatMap(({ code }) => (code === undefined ? [] : [code])),
    message: error?.message ?? text.slice(0, 300),
    requestId: inner?.['request-id'] ?? response.headers.get('request-id') ?? undefined,
    retryAfterMs: retryAfter(response.headers.get('retry-after'), now),
  };
}

function parseLeniently(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** Seconds, with a fraction at times, or a date. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const seconds = Number.parseFloat(header);
  if (/^\s*[\d.]+\s*$/.test(header) && Number.isFinite(seconds)) return Math.ceil(seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
