import { setTimeout as delay } from 'node:timers/promises';
import type { Knobs } from '../knobs.ts';
import { GraphProblem } from './problem.ts';

/** Applies the knobs that make any request fail, and the latency. Gives a function to call per request. */
export function createFaults(knobs: Knobs): (method: string) => Promise<void> {
  let count = 0;
  return async (method) => {
    if (knobs.latencyMs > 0) await delay(knobs.latencyMs);
    count += 1;
    const { every, retryAfterSeconds } = knobs.throttle;
    if (every > 0 && count % every === 0) {
      throw new GraphProblem(429, 'TooManyRequests', 'Too Many Requests', {
        headers: {
          'retry-after': String(retryAfterSeconds),
          'x-ms-throttle-scope': 'Tenant_Application/ReadWrite',
        },
      });
    }
    if (knobs.unavailableNext > 0) {
      knobs.unavailableNext -= 1;
      throw new GraphProblem(503, 'serviceNotAvailable', 'The service is temporarily unavailable.');
    }
    if (knobs.conflictNext > 0 && method !== 'GET') {
      knobs.conflictNext -= 1;
      throw new GraphProblem(
        409,
        'Request_ConcurrencyViolation',
        'Concurrency violation: the object is being changed by somebody else.',
      );
    }
  };
}
