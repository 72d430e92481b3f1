import { setTimeout as sleep } from 'node:timers/promises';
import { slackProblem } from './slack-problem.ts';

/**
 * Calls of one kind, one after the other. When Slack asks for a pause, this kind waits as long as it asked for, and
 * other kinds go on.
 */
export class RateLimitedLanes {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #pausedUntil = new Map<string, number>();

  /** @param kind what Slack limits together: a method, or a method and a channel */
  run<T>(kind: string, call: () => Promise<T>): Promise<T> {
    const before = this.#last.get(kind) ?? Promise.resolve();
    const turn = before.then(() => this.#take(kind, call));
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(kind) === settled) this.#last.delete(kind);
      });
    this.#last.set(kind, settled);
    return turn;
  }

  async #take<T>(kind: string, call: () => Promise<T>): Promise<T> {
    const wait = (this.#pausedUntil.get(kind) ?? 0) - Date.now();
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    this.#pausedUntil.delete(kind);
    try {
      return await call();
    } catch (thrown) {
      const problem = slackProblem(thrown);
      if (problem?.kind === 'rate-limited') this.#pausedUntil.set(kind, Date.now() + problem.afterMs);
      throw thrown;
    }
  }
}
