interface Holder {
  readonly name: string;
  /** Whether one of the places in all is held: what only waits for a cluster that is away holds none. */
  holds: boolean;
}

/**
 * How many requests this process works on at once: so many in all, and so many for the same cluster or person. One that
 * only waits for a cluster which does not answer takes no place away from the others.
 */
export class WorkerSlots {
  readonly #total: number;
  readonly #each: number;
  readonly #holders = new Set<Holder>();
  readonly #away = new Set<string>();
  readonly #waiting: (() => void)[] = [];

  constructor(limits: { readonly total: number; readonly each: number }) {
    this.#total = limits.total;
    this.#each = limits.each;
  }

  /**
   * Waits for a place.
   * @param signal gives up waiting
   * @returns how to give the place back; undefined where so many are at work for this name already
   * @throws what the signal was aborted with
   */
  async take(name: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    if (this.#count((holder) => holder.name === name) >= this.#each) return undefined;
    const holder: Holder = { name, holds: false };
    this.#holders.add(holder);
    try {
      while (!this.#away.has(name) && this.#count(({ holds }) => holds) >= this.#total)
        await this.#turn(signal);
      holder.holds = !this.#away.has(name);
    } catch (thrown) {
      this.#leave(holder);
      throw thrown;
    }
    return () => this.#leave(holder);
  }

  /** A cluster is found away, or back. */
  setAway(name: string, away: boolean): void {
    if (!away) {
      this.#away.delete(name);
      return;
    }
    this.#away.add(name);
    for (const holder of this.#holders) if (holder.name === name) holder.holds = false;
    this.#wake();
  }

  #leave(holder: Holder): void {
    this.#holders.delete(holder);
    this.#wake();
  }

  #count(counts: (holder: Holder) => boolean): number {
    return [...this.#holders].filter(counts).length;
  }

  // Each looks again for itself whether there is a place now, the one that waited longest first.
  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const end = (): void => {
        signal.removeEventListener('abort', give);
        resolve();
      };
      const give = (): void => {
        const at = this.#waiting.indexOf(end);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', give, { once: true });
      this.#waiting.push(end);
    });
  }
}
