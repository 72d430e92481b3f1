interface Waiting {
  readonly line: string;
  readonly begin: () => void;
}

/**
 * So much at once in all, and so much in one line. The next to begin is of the line that has the fewest slots: one that is
 * long keeps nobody else waiting.
 */
export class FairSlots {
  readonly #total: number;
  readonly #each: number;
  readonly #running: string[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(limits: { readonly total: number; readonly each: number }) {
    this.#total = limits.total;
    this.#each = limits.each;
  }

  /** Gives, or raises, what the task does, once there was a slot for it. */
  async run<T>(line: string, task: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ line, begin });
      this.#fill();
    });
    try {
      return await task();
    } finally {
      this.#running.splice(this.#running.indexOf(line), 1);
      this.#fill();
    }
  }

  #fill(): void {
    while (this.#running.length < this.#total) {
      const next = this.#next();
      if (next === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#running.push(next.line);
      next.begin();
    }
  }

  #next(): Waiting | undefined {
    const slots = ({ line }: Waiting): number => this.#running.filter((running) => running === line).length;
    return this.#waiting
      .filter((waiting) => slots(waiting) < this.#each)
      .toSorted((a, b) => slots(a) - slots(b))[0];
  }
}
