import { setTimeout as sleep } from 'node:timers/promises';
import { KastellanError } from '../../domain/errors.ts';
import type { Bucket, Budgets } from '../../ports/limits.ts';
import type { ReadPriority } from '../../ports/messenger.ts';
import { slackProblem } from './slack-problem.ts';

// Calls a minute that Slack allows an app in a workspace, by tier; the tier stands on each method's own page:
// https://docs.slack.dev/reference/methods/users.info and so on.
const ALLOWED = {
  'usergroups.list': 20,
  'usergroups.users.list': 20,
  'users.lookupByEmail': 50,
  'users.info': 100,
} as const;

export type ReadMethod = keyof typeof ALLOWED;

// In any minute a bucket gives its burst and what comes in that minute: nine tenths of what is allowed, as calls that left
// Kastellan apart can arrive together.
const BURST_SHARE = 0.4;
const MINUTE_SHARE = 0.5;
// Lists leave the other half of the burst to decisions.
const LIST_SHARE = 0.5;

const WAIT_MS: Readonly<Record<ReadPriority, number>> = { decision: 15_000, list: 5_000 };

/** What may be called of a method at once, and in each minute. */
export function bucketOf(method: ReadMethod, priority: ReadPriority): Bucket {
  const burst = ALLOWED[method] * BURST_SHARE;
  return {
    burst: priority === 'list' ? burst * LIST_SHARE : burst,
    perMinute: ALLOWED[method] * MINUTE_SHARE,
  };
}

/**
 * Keeps the calls of all processes together within what Slack allows of each method
 * (https://docs.slack.dev/apis/web-api/rate-limits), decisions first.
 */
export class MethodBudgets {
  readonly #budgets: Budgets;

  constructor(budgets: Budgets) {
    this.#budgets = budgets;
  }

  /**
   * Calls when it is this call's turn.
   * @param withinMs how long it may wait for that, in milliseconds; as its priority allows if left out
   * @throws KastellanError `slack.rate-limited` where there is no turn in time; what the call throws
   */
  async run<T>(
    method: ReadMethod,
    priority: ReadPriority,
    call: () => Promise<T>,
    withinMs: number = WAIT_MS[priority],
  ): Promise<T> {
    const { taken, waitMs } = await this.#budgets.take(method, bucketOf(method, priority), withinMs);
    if (!taken) throw usedUp(method, waitMs);
    if (waitMs > 0) await sleep(waitMs);
    try {
      return await call();
    } catch (thrown) {
      const problem = slackProblem(thrown);
      if (problem?.kind === 'rate-limited') {
        await this.#budgets.pause(method, bucketOf(method, 'decision'), problem.afterMs);
      }
      throw thrown;
    }
  }
}

function usedUp(method: ReadMethod, afterMs: number): KastellanError {
  return new KastellanError({
    code: 'slack.rate-limited',
    message: `Kastellan has used up how often Slack lets it call ${method}.`,
    hint: `Try again in ${Math.ceil(afterMs / 1_000)} seconds.`,
    retry: { when: 'later', afterMs },
  });
}
