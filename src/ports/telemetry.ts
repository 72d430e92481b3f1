import type { JsonObject } from '../domain/json.ts';
import type { CallOutcome, RemoteCall } from '../domain/remote-call.ts';
import type { RequestKind } from '../domain/requests/request.ts';

export interface Log {
  info(fields: JsonObject, message: string): void;
  warn(fields: JsonObject, message: string): void;
  /** Wakes somebody up: none is expected in a healthy Kastellan. */
  error(fields: JsonObject, message: string, cause?: unknown): void;
}

/**
 * Watches one call to a remote system and gives, or raises, what it does; one that raises counts as `unreachable`.
 * Each adapter uses it in the one place through which all its calls go.
 */
export type WatchCall = <T>(
  call: RemoteCall,
  run: () => Promise<T>,
  outcomeOf: (result: T) => CallOutcome,
) => Promise<T>;

/** Something Kastellan does that is drawn in a trace, and named in the log lines that it writes. */
export interface TracedWork {
  /** In words that fit any request: `/kasten setup`, `step credential`. Never a name, an ID or what somebody typed. */
  readonly name: string;
  readonly requestId?: string | undefined;
  readonly kind?: RequestKind;
  /** The cluster's name in the configuration. */
  readonly cluster?: string;
  /** The trace it goes on with, which began elsewhere; asked for only where somebody looks at traces. */
  readonly traceparent?: (() => Promise<string | undefined>) | undefined;
}

/** What Kastellan tells about its own work; nothing in it can fail, or change what it watches. */
export interface Telemetry {
  readonly watchCall: WatchCall;
  /** Everything that `run` does becomes part of the work; gives, or raises, what it does. */
  traced<T>(work: TracedWork, run: () => Promise<T>): Promise<T>;
  /** The work that is under way, or a trace that begins here, as W3C Trace Context writes it; undefined where nobody traces. */
  traceparent(): string | undefined;
  /** A step failed in a way that another try may mend. */
  stepRetried(step: string, code: string): void;
  /** Entra's log has a sign-in to K10 that failed; each is told once, by whichever process counted it. */
  signInFailed(cluster: string, cause: string): void;
  /**
   * Something that a person did in Slack was not done, because it was too much.
   * @param by whose limit it was; `unchecked`: Redis did not answer in time, so it was done all the same
   */
  limited(by: 'person' | 'workspace' | 'unchecked'): void;
}
