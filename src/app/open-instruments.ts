import type { Build } from '../ops/build.ts';
import { createDegradation, type Degradation } from '../ops/degradation.ts';
import { createMetrics, type Metrics } from '../ops/metrics.ts';
import { createTelemetry } from '../ops/telemetry.ts';
import type { Tracer } from '../ops/tracer.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { type SlackFetch, watchedSlackFetch } from './slack-fetch.ts';

/** What a process counts with. */
export interface Instruments {
  readonly metrics: Metrics;
  readonly degradation: Degradation;
  readonly telemetry: Telemetry;
  /** How every client of Slack sends its requests. */
  readonly slackFetch: SlackFetch;
}

/** @param tracer draws what is told, where somebody looks at traces */
export function openInstruments(build: Build, tracer: Tracer): Instruments {
  const metrics = createMetrics(build);
  const degradation = createDegradation();
  const telemetry = createTelemetry({ metrics, degradation, tracer });
  return { metrics, degradation, telemetry, slackFetch: watchedSlackFetch(telemetry.watchCall) };
}
