import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  context,
  type DiagLogger,
  DiagLogLevel,
  diag,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { asKastellanError } from '../domain/errors.ts';
import { redact } from '../domain/redaction.ts';
import type { CallOutcome, RemoteCall } from '../domain/remote-call.ts';
import type { Log, TracedWork } from '../ports/telemetry.ts';
import type { Build } from './build.ts';
import type { Tracer } from './tracer.ts';

export interface TracingOptions {
  /** Base address of an OTLP/HTTP receiver: `http://collector:4318`. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly build: Build;
  readonly log: Log;
}

// What a killed process has not sent is lost.
const SEND_EVERY_MS = 1_000;
const COMPLAIN_EVERY_MS = 60_000;
const BAD: ReadonlySet<CallOutcome> = new Set(['failed', 'unreachable']);

/**
 * Sends traces by OTLP over HTTP. Spans hold words of the code, names of the configuration and ids of requests; never
 * what a person typed, a name, an address or an error's message.
 */
export function openTracing({ endpoint, serviceName, build, log }: TracingOptions): Tracer {
  diag.setLogger(complaints(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': serviceName,
      'service.version': build.version,
      'service.instance.id': randomUUID(),
      'vcs.ref.head.revision': build.commit,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  const tracer = provider.getTracer('kastellan', build.version);

  return {
    async traced(work, run) {
      const span = tracer.startSpan(work.name, { attributes: attributesOf(work) }, await parentOf(work));
      return context.with(trace.setSpan(context.active(), span), () => watched(span, run));
    },
    call(call) {
      // A look that belongs to nothing, as the sweep's, would be a trace of its own each time.
      if (trace.getActiveSpan() === undefined || call.system === 'redis') return () => undefined;
      const name = `${call.system} ${call.operation}`;
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: callAttributes(call) });
      return (outcome) => endCall(span, outcome);
    },
    note(name, detail) {
      trace.getActiveSpan()?.addEvent(name, detail);
    },
    traceparent: () => traceparentOf(trace.getActiveSpan() ?? beginAlone(tracer)),
    traceId: () => trace.getActiveSpan()?.spanContext().traceId,
    async close(deadlineMs) {
      const timer = new AbortController();
      const late = sleep(deadlineMs, undefined, { signal: timer.signal }).catch(() => undefined);
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      timer.abort();
    },
  };
}

// Work that goes on a trace of another process has its parent there, whatever is under way here.
async function parentOf({ traceparent }: TracedWork): Promise<Context> {
  const remote = await traceparent?.().catch(() => undefined);
  const parent = remote === undefined ? null : parseTraceParent(remote);
  if (parent === null || !isSpanContextValid(parent)) return context.active();
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

async function watched<T>(span: Span, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    // The code alone: a message may quote typed text.
    span.setAttribute('error.type', asKastellanError(thrown).code);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw thrown;
  } finally {
    span.end();
  }
}

function endCall(span: Span, outcome: CallOutcome): void {
  span.setAttribute('kastellan.outcome', outcome);
  if (BAD.has(outcome)) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function attributesOf({ requestId, kind, cluster }: TracedWork): Record<string, string> {
  return {
    ...(requestId !== undefined && { 'kastellan.request': requestId }),
    ...(kind !== undefined && { 'kastellan.kind': kind }),
    ...(cluster !== undefined && { 'kastellan.cluster': cluster }),
  };
}

function callAttributes({ system, cluster }: RemoteCall): Record<string, string> {
  return { 'kastellan.system': system, ...(cluster !== undefined && { 'kastellan.cluster': cluster }) };
}

// Work that no person requested, such as a rotation by the calendar, is one trace, too.
function beginAlone(tracer: ReturnType<TracerProvider['getTracer']>): Span {
  const span = tracer.startSpan('the calendar');
  span.end();
  return span;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

// A collector that does not answer is no emergency, and would fill the log every second.
function complaints(log: Log): DiagLogger {
  let last = Number.NEGATIVE_INFINITY;
  const complain = (message: string): void => {
    if (Date.now() - last < COMPLAIN_EVERY_MS) return;
    last = Date.now();
    log.warn({ part: 'tracing', problem: redact(message).slice(0, 300) }, 'Traces cannot be sent');
  };
  const quiet = (): void => undefined;
  return { error: complain, warn: complain, info: quiet, debug: quiet, verbose: quiet };
}
