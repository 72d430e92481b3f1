import { setTimeout as pause } from 'node:timers/promises';
import { asKastellanError, type KastellanError } from '../domain/errors.ts';
import type { Log } from '../ports/telemetry.ts';
import { endsWithin } from './failures.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * What is sent of the audit log to a place outside Redis; it has to be safe to run in several processes. Each of them has a
 * timer of its own, which a person who writes into Redis cannot stop.
 */
export interface Delivery {
  /** `sink siem`. */
  readonly name: string;
  /** Sends everything that is there now. */
  run(signal: AbortSignal): Promise<void>;
}

export interface RunningDeliveries {
  /** @param deadlineMs milliseconds for what is being sent */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Runs each delivery again and again; after a failure, when the receiver asked for it, else ever more seldom.
 * @param everyMs milliseconds between two runs that succeed
 */
export function startDeliveries(
  deliveries: readonly Delivery[],
  everyMs: number,
  log: Log,
): RunningDeliveries {
  const ending = new AbortController();
  const running = Promise.all(deliveries.map((delivery) => repeat(delivery, everyMs, ending.signal, log)));
  return {
    async close(deadlineMs) {
      ending.abort();
      await endsWithin(running, deadlineMs);
    },
  };
}

async function repeat(delivery: Delivery, everyMs: number, signal: AbortSignal, log: Log): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const failure = await failureOf(delivery.run(signal));
    if (signal.aborted) return;
    if ((failure === undefined) !== (failures === 0)) tellChange(delivery, failure, log);
    failures = failure === undefined ? 0 : failures + 1;
    const wait = failure === undefined ? everyMs : pauseAfter(failure, failures, everyMs);
    await pause(wait, undefined, { signal }).catch(() => undefined);
  }
}

async function failureOf(run: Promise<void>): Promise<KastellanError | undefined> {
  return run.then(() => undefined, asKastellanError);
}

function tellChange({ name }: Delivery, failure: KastellanError | undefined, log: Log): void {
  if (failure === undefined) log.info({ delivery: name }, 'A delivery of the audit log works again');
  else
    log.warn(
      { delivery: name, code: failure.code },
      `A delivery of the audit log failed: ${failure.message}`,
    );
}

function pauseAfter({ retry }: KastellanError, failures: number, everyMs: number): number {
  return (retry.when === 'later' ? retry.afterMs : undefined) ?? backOff(failures, everyMs);
}

// Doubles with each failure and is spread by a quarter.
function backOff(failures: number, everyMs: number): number {
  const doubled = Math.min(Math.max(LONGEST_PAUSE_MS, everyMs), FIRST_PAUSE_MS * 2 ** (failures - 1));
  return doubled * (0.75 + Math.random() * 0.5);
}
