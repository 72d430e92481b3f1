import { StatusError } from './status-error.ts';

/** Runs one piece of work per key soon, however often the key is added before that. */
export class WorkQueue {
  readonly #keys = new Set<string>();
  readonly #work: (key: string) => void;
  #scheduled: NodeJS.Immediate | undefined;
  #stopped = false;

  constructor(work: (key: string) => void) {
    this.#work = work;
  }

  add(key: string): void {
    this.#keys.add(key);
    if (this.#stopped) return;
    this.#scheduled ??= setImmediate(() => this.#run());
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#scheduled);
  }

  #run(): void {
    this.#scheduled = undefined;
    const keys = [...this.#keys];
    this.#keys.clear();
    for (const key of keys) this.#attempt(key);
  }

  /** A write the API refuses is no failure of the controller: the next change brings the key back. */
  #attempt(key: string): void {
    try {
      this.#work(key);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
    }
  }
}
