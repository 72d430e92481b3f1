import type { Telemetry } from '../../src/ports/telemetry.ts';

/** Counts nothing. */
export const QUIET_TELEMETRY: Telemetry = {
  watchCall: (_call, run) => run(),
  traced: (_work, run) => run(),
  traceparent: () => undefined,
  stepRetried: () => undefined,
  signInFailed: () => undefined,
  limited: () => undefined,
};
