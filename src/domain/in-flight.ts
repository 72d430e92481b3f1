/** Work that is asked for again while it is done, and then has the same result for all. */
export class InFlight<Result> {
  readonly #running = new Map<string, Promise<Result>>();

  /** @param key names what has the same result */
  once(key: string, run: () => Promise<Result>): Promise<Result> {
    const same = this.#running.get(key);
    if (same !== undefined) return same;
    const running = run().finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
