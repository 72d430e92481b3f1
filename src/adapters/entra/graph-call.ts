import { KastellanError } from '../../domain/errors.ts';
import { isRefusal } from './graph-problem.ts';
import type { Operation } from './permissions.ts';

export interface GraphCall {
  /** What the call is for: it names the permission that is missing, and goes into messages. */
  readonly operation: Operation;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/v1.0`, its parts already encoded; or the `@odata.nextLink` of a page. */
  readonly path: string;
  /** OData parameters, not encoded: `$filter`, `$select`, `$top`. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a POST does no harm when it is sent again after nobody knows what became of it. */
  readonly repeatable?: boolean;
}

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 500;

/** Milliseconds to wait before the same call is worth another attempt; `undefined` when it is not. */
export function pauseBefore(
  thrown: unknown,
  { method, repeatable = method !== 'POST' }: Pick<GraphCall, 'method' | 'repeatable'>,
  attempt: number,
): number | undefined {
  if (attempt >= ATTEMPTS) return undefined;
  const backOff = FIRST_DELAY_MS * 2 ** (attempt - 1);
  // Two objects of one name stay two, however often it is tried.
  if (isRefusal(thrown, 409) && thrown.code !== 'entra.conflict') return undefined;
  // These were refused before anything was done, so even a POST may be repeated.
  if (isRefusal(thrown, 409, 429, 503)) return thrown.problem.retryAfterMs ?? backOff;
  if (!repeatable) return undefined;
  if (isRefusal(thrown, 500, 502, 504)) return thrown.problem.retryAfterMs ?? backOff;
  return thrown instanceof KastellanError && thrown.code === 'entra.unreachable' ? backOff : undefined;
}
