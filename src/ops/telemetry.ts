import type { CallOutcome } from '../domain/remote-call.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Degradation } from './degradation.ts';
import { withRequestId } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Tracer } from './tracer.ts';

/** Tells what Kastellan does to its metrics, its traces, and what knows who is away. */
export function createTelemetry(parts: {
  readonly metrics: Metrics;
  readonly degradation: Degradation;
  readonly tracer: Tracer;
}): Telemetry {
  const { metrics, degradation, tracer } = parts;
  return {
    async watchCall(call, run, outcomeOf) {
      const start = performance.now();
      const endSpan = tracer.call(call);
      let outcome: CallOutcome = 'unreachable';
      try {
        const result = await run();
        outcome = outcomeOf(result);
        return result;
      } finally {
        metrics.called(call, outcome, (performance.now() - start) / 1_000);
        degradation.called(call, outcome);
        endSpan(outcome);
      }
    },
    traced(work, run) {
      const { requestId } = work;
      const traced = () => tracer.traced(work, run);
      return requestId === undefined ? traced() : withRequestId(requestId, traced);
    },
    traceparent: () => tracer.traceparent(),
    signInFailed: (cluster, cause) => metrics.signInFailed(cluster, cause),
    limited: (by) => metrics.limited(by),
    stepRetried(step, code) {
      metrics.stepRetried(step, code);
      tracer.note('another try', { 'error.type': code });
    },
  };
}
