import type { CallOutcome, RemoteCall } from '../domain/remote-call.ts';

/** Which remote systems do not answer or cannot be used, as this process's own calls have seen it. */
export interface Degradation {
  called(call: RemoteCall, outcome: CallOutcome): void;
  /** What is known of a part that answers but cannot be used: a channel that is archived. */
  set(name: string, degraded: boolean): void;
  /** `approvals channel`, `cluster prod-eu`, `graph`: names only, in order. */
  names(): string[];
}

// A system that is not called any more must not count as away for ever.
const REMEMBER_MS = 10 * 60_000;
const AWAY: ReadonlySet<CallOutcome> = new Set(['unreachable', 'failed']);
// An answer that says no is an answer; being told to wait, or letting go, says nothing either way.
const THERE: ReadonlySet<CallOutcome> = new Set(['ok', 'not-found', 'refused']);

/** @param now epoch milliseconds */
export function createDegradation(now: () => number = Date.now): Degradation {
  const awaySince = new Map<string, number>();
  return {
    called(call, outcome) {
      const name = nameOf(call);
      if (name === undefined) return;
      if (AWAY.has(outcome)) awaySince.set(name, now());
      else if (THERE.has(outcome)) awaySince.delete(name);
    },
    set(name, degraded) {
      if (degraded) awaySince.set(name, now());
      else awaySince.delete(name);
    },
    names() {
      const known = [...awaySince].filter(([, at]) => now() - at < REMEMBER_MS);
      return known.map(([name]) => name).toSorted();
    },
  };
}

// A Helm that fails may mean anything, Redis has a probe of its own, and whom a sign-in asks is somebody's choice.
function nameOf({ system, cluster }: RemoteCall): string | undefined {
  if (system === 'kubernetes') return cluster === undefined ? undefined : `cluster ${cluster}`;
  return system === 'graph' || system === 'slack' ? system : undefined;
}
