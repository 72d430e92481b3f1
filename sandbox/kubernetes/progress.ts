interface Watched {
  signature: string;
  since: number;
  timer: NodeJS.Timeout;
}

/** Remembers since when a roll-out has not moved, and asks for another look when its deadline is over. */
export class Progress {
  readonly #watched = new Map<string, Watched>();
  readonly #recheck: (key: string) => void;

  constructor(recheck: (key: string) => void) {
    this.#recheck = recheck;
  }

  /** True once an unfinished roll-out has looked the same for the whole deadline. */
  isLate(key: string, now: { signature: string; complete: boolean; deadlineMs: number }): boolean {
    if (now.complete) {
      this.forget(key);
      return false;
    }
    const known = this.#watched.get(key);
    if (known?.signature === now.signature) return Date.now() - known.since >= now.deadlineMs;
    this.forget(key);
    const timer = setTimeout(() => this.#recheck(key), now.deadlineMs + 1).unref();
    this.#watched.set(key, { signature: now.signature, since: Date.now(), timer });
    return false;
  }

  forget(key: string): void {
    clearTimeout(this.#watched.get(key)?.timer);
    this.#watched.delete(key);
  }

  stop(): void {
    for (const key of [...this.#watched.keys()]) this.forget(key);
  }
}
