type Follower = (offsetMs: number) => Promise<void> | void;

/** The time in a sandbox. It starts as the machine's; moved on, it runs ahead of it for everybody who follows it. */
export class SandboxClock {
  #offsetMs = 0;
  readonly #followers = new Set<Follower>();

  /** How far ahead of the machine's clock, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * Jumps; resolves once everybody who follows lives in the new time.
   * @param ms milliseconds; negative goes back
   */
  async moveOn(ms: number): Promise<void> {
    this.#offsetMs += ms;
    await Promise.all([...this.#followers].map((follower) => follower(this.#offsetMs)));
  }

  /**
   * Tells the offset whenever it changes.
   * @returns ends it
   */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }
}
