import type { WatchCall } from '../ports/telemetry.ts';

/** For where nobody counts: a check from the command line, an adapter by itself. */
export const unwatched: WatchCall = (_call, run) => run();
