import type { Telemetry } from '../../src/ports.ts';

/** Counts nothing. */
export const QUIET_TELEMETRY: Telemetry = {
  watchCall: (_call, run) => run(),
  stepRetried: () => undefined,
};
