const MOST_ENTRIES = 5_000;

interface Entry<T> {
  readonly at: number;
  readonly value: Promise<T>;
  /** Whether the read is still under way: then everybody who asks shares it, however fresh they want it. */
  pending: boolean;
}

/** Values that are read once for everybody who asks within a time; failures are not kept. */
export class SharedCache<T> {
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(lifetimeMs: number, now: () => number) {
    this.#lifetimeMs = lifetimeMs;
    this.#now = now;
  }

  /** @param lifetimeMs milliseconds a value may be old, where this caller wants a fresher one */
  get(key: string, read: () => Promise<T>, lifetimeMs: number = this.#lifetimeMs): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined && (known.pending || this.#now() - known.at < lifetimeMs)) return known.value;
    const entry: Entry<T> = { at: this.#now(), value: read(), pending: true };
    entry.value.then(
      () => {
        entry.pending = false;
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MOST_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    return entry.value;
  }
}
