import { redact } from './redaction.ts';

/** Whether the same call may work later: `never`, or `later` with the delay the remote side asked for. */
export type Retry = { readonly when: 'never' } | { readonly when: 'later'; readonly afterMs?: number };

export const NEVER: Retry = { when: 'never' };
export const LATER: Retry = { when: 'later' };

/** @param afterMs milliseconds that the remote side asked for; undefined where it asked for none */
export function later(afterMs: number | undefined): Retry {
  return afterMs === undefined ? LATER : { when: 'later', afterMs };
}

const MOST_BESIDES = 5;

export interface KastellanErrorOptions {
  /** Stable, dotted, for logs, metrics and tests: `entra.permission-missing`. */
  readonly code: string;
  /** One sentence a person understands: what happened. */
  readonly message: string;
  /** What to do next. */
  readonly hint?: string;
  /** What goes with the hint and is too long for it: text to copy, such as objects for `kubectl apply`. */
  readonly details?: string;
  readonly retry?: Retry;
  readonly cause?: unknown;
  /** Values that must never be read again; they are cut out of every text of this error. */
  readonly secrets?: readonly string[];
}

/** The one error that may be shown to a person; everything else is shown as an unknown error with a reference. */
export class KastellanError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: string | undefined;
  readonly retry: Retry;

  constructor(options: KastellanErrorOptions) {
    const clean = (text: string): string => redact(text, options.secrets ?? []);
    super(clean(options.message), { cause: cleanCause(options.cause, clean) });
    this.name = 'KastellanError';
    this.code = options.code;
    this.hint = options.hint === undefined ? undefined : clean(options.hint);
    this.details = options.details === undefined ? undefined : clean(options.details);
    this.retry = options.retry ?? NEVER;
  }
}

// Causes keep only what helps to find the fault: a vendor's error object can hold whole requests with their headers.
function cleanCause(cause: unknown, clean: (text: string) => string): unknown {
  if (cause === undefined || cause instanceof KastellanError) return cause;
  if (cause instanceof Error) return { name: cause.name, message: clean(cause.message) };
  return clean(String(cause));
}

/** Gives any thrown value the form of a KastellanError; unknown ones become `unexpected`, worth a later try. */
export function asKastellanError(thrown: unknown): KastellanError {
  if (thrown instanceof KastellanError) return thrown;
  return new KastellanError({
    code: 'unexpected',
    message: 'Something went wrong that Kastellan does not know.',
    hint: 'Look for the reference in the logs; trying again does no harm.',
    retry: LATER,
    cause: thrown,
  });
}

/**
 * What to throw where some of several things failed that were done side by side: the one failure, or the first with what the
 * others say.
 * @param failures at least one
 */
export function oneOfAll(failures: readonly unknown[]): unknown {
  const [first] = failures;
  const all = new Set(failures.map(String));
  if (all.size === 1) return first;
  const { code, message, hint, details, retry } = asKastellanError(first);
  const besides = new Set(failures.map((failure) => asKastellanError(failure).message));
  besides.delete(message);
  const also = besides.size === 0 ? '' : ` Besides: ${[...besides].slice(0, MOST_BESIDES).join(' ')}`;
  return new KastellanError({
    code,
    message: `${message}${also}`,
    ...(hint !== undefined && { hint }),
    ...(details !== undefined && { details }),
    retry,
    cause: new Error([...all].slice(0, MOST_BESIDES).join('; ')),
  });
}
