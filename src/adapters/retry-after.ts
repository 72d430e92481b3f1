const LONGEST_PAUSE_MS = 3_600_000;

/**
 * What the header `Retry-After` asks for: seconds, with a fraction at times, or a date. One that is out of its mind costs an
 * hour at the most.
 * @param now epoch milliseconds
 * @returns milliseconds, more than 0; undefined where nothing is asked for that can be read, or a time that is over: calls that are
 *   repeated without a pause are used up within a moment
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(header: string | null | undefined, now: number): number | undefined {
  if (header == null) return undefined;
  const pause = isSeconds(header) ? Math.ceil(Number.parseFloat(header) * 1000) : Date.parse(header) - now;
  return pause > 0 ? Math.min(LONGEST_PAUSE_MS, pause) : undefined;
}

function isSeconds(header: string): boolean {
  return /^\s*[\d.]+\s*$/.test(header) && Number.isFinite(Number.parseFloat(header));
}
