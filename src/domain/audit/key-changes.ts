/** How long processes with an earlier key, or none, may go on beside those with the new one: a rolling update. */
const CHANGEOVER_MS = 3_600_000;

interface KeyedEntry {
  readonly sequence: number;
  readonly at: string;
  readonly keyId?: string;
}

/** Since when every entry has a key. */
export interface Keyed {
  readonly fromSequence: number;
  /** ISO time of that entry. */
  readonly since: string;
  /** The newest key. */
  readonly keyId: string;
}

/**
 * Follows the keys of a chain. Once a key has begun, entries with an earlier one, or with none, have to be followed within
 * the changeover by an entry with the new one, whose time cannot be forged: a chain cannot be led back to an earlier key.
 */
export class KeyChanges {
  #current: string | undefined;
  #begunAt = 0;
  readonly #seen = new Set<string | undefined>([undefined]);
  /** The first entry with an earlier key that no entry with the current one has followed yet. */
  #straggler: number | undefined;
  #firstKeyed: { readonly sequence: number; readonly at: string } | undefined;

  /** @returns the sequence of an entry that came too late for its key, if this one shows that */
  follow({ sequence, at, keyId }: KeyedEntry): number | undefined {
    this.#firstKeyed = keyId === undefined ? undefined : (this.#firstKeyed ?? { sequence, at });
    if (keyId !== this.#current && this.#seen.has(keyId)) {
      this.#straggler ??= sequence;
      return undefined;
    }
    const late = this.lateAt(Date.parse(at));
    this.#straggler = undefined;
    if (keyId !== this.#current) this.#begunAt = Date.parse(at);
    this.#current = keyId;
    this.#seen.add(keyId);
    return late;
  }

  /** @param now epoch milliseconds; @returns the sequence of an entry that came too late for its key */
  lateAt(now: number): number | undefined {
    return now > this.#begunAt + CHANGEOVER_MS ? this.#straggler : undefined;
  }

  /** Undefined where the newest entry has no key. */
  get keyed(): Keyed | undefined {
    if (this.#firstKeyed === undefined || this.#current === undefined) return undefined;
    const { sequence, at } = this.#firstKeyed;
    return { fromSequence: sequence, since: at, keyId: this.#current };
  }
}
