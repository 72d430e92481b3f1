import { setTimeout as pause } from 'node:timers/promises';
import { asKastellanError, type KastellanError } from '../domain/errors.ts';
import type { Log } from '../ports/telemetry.ts';
import { endsWithin } from './failures.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Something that is sent on as soon as it is there; it has to be safe to run in several processes. */
export interface Delivery {
  readonly name: string;
  /** Sends everything that is there now. */
  run(signal: AbortSignal): Promise<void>;
}

export interface RunningDeliveries {
  /** @param deadlineMs milliseconds for what is being sent */
  close(deadlineMs: number): Promise<void>;
}

/** Runs each delivery again and again; after a failure, when the receiver asked for it, else ever more seldom. */
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
    const wait = failure === undefined ? everyMs : pauseAfter(failure, failures);
    await pause(wait, undefined, { signal }).catch(() => undefined);
  }
}

async function failureOf(run: Promise<void>): Promise<KastellanError | undefined> {
  return run.then(() => undefined, asKastellanError);
}

function tellChange({ name }: Delivery, failure: KastellanError | undefined, log: Log): void {
  if (failure === undefined) log.info({ sink: name }, 'The audit log is taken again');
  else log.warn({ sink: name, code: failure.code }, `The audit log is not taken: ${failure.message}`);
}

function pauseAfter({ retry }: KastellanError, failures: number): number {
  return (retry.when === 'later' ? retry.afterMs : undefined) ?? backOff(failures);
}

// Doubles with each failure and is spread by a quarter.
function backOff(failures: number): number {
  const doubled = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return doubled * (0.75 + Math.random() * 0.5);
}
