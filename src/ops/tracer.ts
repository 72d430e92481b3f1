import type { CallOutcome, RemoteCall } from '../domain/remote-call.ts';
import type { TracedWork } from '../ports/telemetry.ts';

/** Draws what belongs together as one trace. */
export interface Tracer {
  traced<T>(work: TracedWork, run: () => Promise<T>): Promise<T>;
  /** Begins a call; what comes back ends it. Only a call within traced work is drawn. */
  call(call: RemoteCall): (outcome: CallOutcome) => void;
  /** Notes something that happened within the work that is under way. */
  note(name: string, detail: Readonly<Record<string, string>>): void;
  /** Of the work in progress, or of a trace that begins here; undefined if tracing is off. */
  traceparent(): string | undefined;
  /** Of the work that is under way; undefined outside of any. */
  traceId(): string | undefined;
  /** Sends what is left, for as long as this allows. */
  close(deadlineMs: number): Promise<void>;
}

/** Used when tracing is off: costs nothing. */
export const noTracer: Tracer = {
  traced: (_work, run) => run(),
  call: () => () => undefined,
  note: () => undefined,
  traceparent: () => undefined,
  traceId: () => undefined,
  close: async () => undefined,
};
