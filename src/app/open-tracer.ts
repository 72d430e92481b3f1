import type { Environment } from '../config/environment.ts';
import type { Build } from '../ops/build.ts';
import { noTracer, type Tracer } from '../ops/tracer.ts';
import type { Log } from '../ports/telemetry.ts';

/** Where an address to send traces to is set: what sends them. Else its libraries are not even loaded. */
export async function openTracer(environment: Environment, build: Build, log: Log): Promise<Tracer> {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: serviceName } = environment;
  if (endpoint === undefined) return noTracer;
  const { openTracing } = await import('../ops/tracing.ts');
  return openTracing({ endpoint, serviceName, build, log });
}
