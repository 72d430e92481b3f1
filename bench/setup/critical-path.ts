import { total } from '../statistics.ts';
import type { RemoteCall, StepSpan } from './trace-format.ts';

/** A time, in epoch milliseconds, in which a remote system worked, or made everybody wait. */
interface Interval {
  readonly start: number;
  readonly end: number;
}

/** How long the sandbox's Entra makes people wait after it said yes, in milliseconds. */
export interface ImposedWaits {
  readonly secretAcceptedAfterMs: number;
  readonly replicationLagMs: number;
}

export interface RemoteTime {
  /** Milliseconds of the longest chain: observing, then the step graph. */
  readonly criticalPathMs: number;
  /** The same calls and waits, each begun when the one before has ended. */
  readonly oneAfterAnotherMs: number;
  readonly byStepMs: Readonly<Record<string, number>>;
}

/**
 * What the remote systems alone need. A step's share is the time in which at least one of its calls was under way or
 * Entra made it wait (a new object is not shown yet, a new secret is not accepted yet): polls that come too late, and
 * pauses between calls, are Kastellan's own and do not count.
 * @param observed the calls made before the first step
 */
export function remoteTime(
  observed: readonly RemoteCall[],
  steps: readonly StepSpan[],
  calls: readonly RemoteCall[],
  waits: ImposedWaits,
): RemoteTime {
  const shares = new Map(
    steps.map((step) => [
      step.name,
      share(
        step.name,
        calls.filter((call) => call.step === step.name),
        waits,
      ),
    ]),
  );
  const byStep = new Map([...shares].map(([name, { union }]) => [name, union]));
  const observing = unionMs(observed);
  return {
    criticalPathMs: observing + longestChain(steps, byStep),
    oneAfterAnotherMs: total(observed.map(length)) + total([...shares.values()].map(({ sum }) => sum)),
    byStepMs: { observe: observing, ...Object.fromEntries(byStep) },
  };
}

function share(
  step: string,
  calls: readonly RemoteCall[],
  waits: ImposedWaits,
): { union: number; sum: number } {
  const imposed = calls.flatMap((call) => imposedAfter(call, waits));
  // A watch beside Helm's own waiting tells people how it goes; nobody waits for it.
  const real = calls.filter(({ what }) => step === 'rollout' || !/[?&]watch=/.test(what));
  const needed = real.filter(({ start }) => !imposed.some((wait) => start > wait.start && start < wait.end));
  return {
    union: unionMs([...real, ...imposed]),
    sum: total(needed.map(length)) + total(imposed.map(length)),
  };
}

function imposedAfter({ what, status, end }: RemoteCall, waits: ImposedWaits): Interval[] {
  if (/addPassword/.test(what)) return [{ start: end, end: end + waits.secretAcceptedAfterMs }];
  const creates =
    status === 201 && /^(PATCH|POST) .*\/v1\.0\/(groups|applications|servicePrincipals)/.test(what);
  return creates && waits.replicationLagMs > 0 ? [{ start: end, end: end + waits.replicationLagMs }] : [];
}

function longestChain(steps: readonly StepSpan[], ms: ReadonlyMap<string, number>): number {
  const ends = new Map<string, number>();
  const endOf = (name: string): number => {
    const known = ends.get(name);
    if (known !== undefined) return known;
    const needs = steps.find((step) => step.name === name)?.needs ?? [];
    const end = Math.max(0, ...needs.map(endOf)) + (ms.get(name) ?? 0);
    ends.set(name, end);
    return end;
  };
  return Math.max(0, ...steps.map(({ name }) => endOf(name)));
}

/** Milliseconds in which at least one of the intervals is open. */
function unionMs(intervals: readonly Interval[]): number {
  let sum = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, end } of intervals.toSorted((a, b) => a.start - b.start)) {
    if (end <= until) continue;
    sum += end - Math.max(start, until);
    until = end;
  }
  return sum;
}

function length({ start, end }: Interval): number {
  return end - start;
}
