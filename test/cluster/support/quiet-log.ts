import type { JsonObject } from '../../../src/domain/json.ts';
import type { Log } from '../../../src/ports/telemetry.ts';

/** A log that keeps what it is told, for tests that look for what must not be in it. */
export function keepingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (fields: JsonObject, message: string, cause?: unknown): void => {
    lines.push(JSON.stringify([fields, message, String(cause)]));
  };
  return { lines, info: keep, warn: keep, error: keep };
}
