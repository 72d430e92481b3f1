import type { Environment } from '../config/environment.ts';
import type { Build } from '../ops/build.ts';
import { createDegradation, type Degradation } from '../ops/degradation.ts';
import { createMetrics, type Metrics } from '../ops/metrics.ts';
import { createTelemetry } from '../ops/telemetry.ts';
import { noTracer, type Tracer } from '../ops/tracer.ts';
import type { Log, Telemetry } from '../ports/telemetry.ts';
import { type SlackFetch, watchedSlackFetch } from './slack-fetch.ts';

/** What a process counts with. */
export interface Instruments {
  readonly metrics: Metrics;
  readonly degradation: Degradation;
  readonly telemetry: Telemetry;
  /** How every client of Slack sends its requests. */
  readonly slackFetch: SlackFetch;
}

/** @param tracer records spans, if tracing is on */
export function openInstruments(build: Build, tracer: Tracer): Instruments {
  const metrics = createMetrics(build);
  const degradation = createDegradation();
  const telemetry = createTelemetry({ metrics, degradation, tracer });
  return { metrics, degradation, telemetry, slackFetch: watchedSlackFetch(telemetry.watchCall) };
}

/** Where an address to send traces to is set: what sends them. Else its libraries are not even loaded. */
export async function openTracer(environment: Environment, build: Build, log: Log): Promise<Tracer> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: serviceName } = environment;
  if (endpoint === undefined) return noTracer;
  const { openTracing } = await import('../ops/tracing.ts');
  return openTracing({ endpoint, serviceName, build, log });
}
