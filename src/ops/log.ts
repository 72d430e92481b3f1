import { AsyncLocalStorage } from 'node:async_hooks';
import { types } from 'node:util';
import { type DestinationStream, pino } from 'pino';
import { KastellanError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { redact } from '../domain/redaction.ts';
import { Secret } from '../domain/secret.ts';
import type { Log } from '../ports/telemetry.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Values from the configuration that must never be read in a log. */
  readonly secrets?: readonly string[];
  /** The trace to which what is logged now belongs. */
  traceId?(): string | undefined;
  /** Where the lines go. Default: standard output. */
  readonly destination?: DestinationStream;
}

const HIDDEN = '[hidden]';
const MAX_DEPTH = 6;

// `secretName`, `keyId` or `secretEndsAt` say nothing secret: only the end of a name counts.
const SECRET_NAME =
  /(secret|secrettext|password|passphrase|token|authorization|cookie|assertion|apikey|privatekey|credentials?)$/i;

const currentRequest = new AsyncLocalStorage<string>();

/** Everything that is logged while `run` is under way carries the request's id. */
export function withRequestId<T>(requestId: string, run: () => T): T {
  return currentRequest.run(requestId, run);
}

/** JSON lines on standard output, with secrets cut out of every text and of fields that are named like secrets. */
export function createLog(options: LogOptions): Log {
  const secrets = options.secrets ?? [];
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const out = options.destination === undefined ? pino(settings) : pino(settings, options.destination);
  const clean = (text: string): string => redact(text, secrets);
  const line = (fields: JsonObject): JsonObject => {
    const request = currentRequest.getStore();
    const trace = options.traceId?.();
    const origin = { ...(request !== undefined && { request }), ...(trace !== undefined && { trace }) };
    return cleanObject({ ...origin, ...fields }, clean, 0);
  };
  return {
    info: (fields, message) => out.info(line(fields), clean(message)),
    warn: (fields, message) => out.warn(line(fields), clean(message)),
    error(fields, message, cause) {
      const error = cause === undefined ? {} : { error: describe(cause, 0) };
      out.error(line({ ...fields, ...error }), clean(message));
    },
  };
}

function cleanObject(value: JsonObject, clean: (text: string) => string, depth: number): JsonObject {
  const entries = Object.entries(value).map(([name, item]): [string, Json] => [
    clean(name),
    SECRET_NAME.test(name.replaceAll(/[-_]/g, '')) && item !== null
      ? HIDDEN
      : cleanValue(item, clean, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function cleanValue(value: Json, clean: (text: string) => string, depth: number): Json {
  if (typeof value === 'string') return clean(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (depth > MAX_DEPTH) return '[deep]';
  // The types forbid it, but a value that slipped through must not be spread into its parts.
  if (value instanceof Secret) return String(value);
  if (Array.isArray(value)) return value.map((item: Json) => cleanValue(item, clean, depth + 1));
  return cleanObject(value as JsonObject, clean, depth);
}

// Only these parts: a vendor's error can carry whole requests with their headers.
function describe(thrown: unknown, depth: number): Json {
  if (!types.isNativeError(thrown)) return describeOther(thrown, depth);
  const own = thrown instanceof KastellanError ? { code: thrown.code, hint: thrown.hint ?? null } : {};
  const cause = thrown.cause === undefined ? {} : { cause: describe(thrown.cause, depth + 1) };
  return { type: thrown.name, message: thrown.message, ...own, stack: thrown.stack ?? null, ...cause };
}

function describeOther(thrown: unknown, depth: number): Json {
  if (typeof thrown !== 'object' || thrown === null || depth > MAX_DEPTH) return String(thrown);
  const { name, message } = thrown as { name?: unknown; message?: unknown };
  return { type: String(name ?? 'unknown'), message: String(message ?? '') };
}
