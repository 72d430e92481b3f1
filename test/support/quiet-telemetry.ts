import type { Telemetry } from '../../src/ports.ts';

/** Counts nothing. */
export const QUIET_TELEMETRY: Telemetry = {
  watchCall: (_call, run) => run(),
  traced: (_work, run) => run(),
  traceparent: () => undefined,
  stepRetried: () => undefined,
  signInFailed: () => undefined,
};
