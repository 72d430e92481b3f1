import { setTimeout as delay } from 'node:timers/promises';
import { KastellanError, LATER } from '../../domain/errors.ts';

/** Waiting, so that it can be replaced where nobody wants to wait. Milliseconds. */
export interface Time {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const REAL_TIME: Time = {
  now: () => Date.now(),
  sleep: async (ms) => {
    await delay(ms);
  },
};

export interface Patience {
  readonly time: Time;
  /** How long to wait until Entra shows everywhere what it has accepted, in milliseconds. */
  readonly replicationBudgetMs: number;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8_000;

/**
 * Looks again and again, ever more seldom, until there is something to see.
 * @param look gives `undefined` while there is nothing
 * @param what names the thing, as in "does not show the group X yet"
 * @throws KastellanError `entra.not-replicated`, worth a later try
 */
export async function waitFor<T>(
  patience: Patience,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const { time, replicationBudgetMs } = patience;
  const end = time.now() + replicationBudgetMs;
  for (let wait = FIRST_DELAY_MS; ; wait = Math.min(wait * 2, LONGEST_DELAY_MS)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (time.now() + wait > end) throw notReplicated(what, replicationBudgetMs);
    await time.sleep(wait);
  }
}

/** Tries again while the failure is one that passes by itself; the last failure is thrown when time is up. */
export async function retryWhile<T>(
  patience: Patience,
  passes: (thrown: unknown) => boolean,
  act: () => Promise<T>,
): Promise<T> {
  const { time, replicationBudgetMs } = patience;
  const end = time.now() + replicationBudgetMs;
  for (let wait = FIRST_DELAY_MS; ; wait = Math.min(wait * 2, LONGEST_DELAY_MS)) {
    try {
      return await act();
    } catch (thrown) {
      if (!passes(thrown) || time.now() + wait > end) throw thrown;
    }
    await time.sleep(wait);
  }
}

function notReplicated(what: string, budgetMs: number): KastellanError {
  return new KastellanError({
    code: 'entra.not-replicated',
    message: `Entra has accepted the change but after ${Math.round(budgetMs / 1000)} seconds still does not show ${what}.`,
    hint: 'Entra sometimes needs minutes to show a change everywhere. Trying again later does no harm.',
    retry: LATER,
  });
}
