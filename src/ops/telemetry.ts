import type { CallOutcome } from '../domain/remote-call.ts';
import type { Telemetry } from '../ports.ts';
import type { Degradation } from './degradation.ts';
import type { Metrics } from './metrics.ts';

/** Tells what Kastellan does to its metrics, and to what knows who is away. */
export function createTelemetry(metrics: Metrics, degradation: Degradation): Telemetry {
  return {
    async watchCall(call, run, outcomeOf) {
      const start = performance.now();
      let outcome: CallOutcome = 'unreachable';
      try {
        const result = await run();
        outcome = outcomeOf(result);
        return result;
      } finally {
        metrics.called(call, outcome, (performance.now() - start) / 1_000);
        degradation.called(call, outcome);
      }
    },
    stepRetried: (step, code) => metrics.stepRetried(step, code),
  };
}
