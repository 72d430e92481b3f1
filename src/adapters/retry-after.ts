const LONGEST_PAUSE_MS = 3_600_000;

/**
 * What the header `Retry-After` asks for: seconds, with a fraction at times, or a date. One that is out of its mind costs an
 * hour at the most.
 * @param now epoch milliseconds
 * @returns milliseconds; undefined where nothing is asked for that can be read
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function readRetryAfter(header: string | null | undefined, now: number): number | undefined {
  if (header == null) return undefined;
  const seconds = Number.parseFloat(header);
  if (/^\s*[\d.]+\s*$/.test(header) && Number.isFinite(seconds))
    return Math.min(LONGEST_PAUSE_MS, Math.ceil(seconds * 1000));
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.min(LONGEST_PAUSE_MS, Math.max(0, date - now));
}
