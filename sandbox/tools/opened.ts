interface Closable {
  close(): Promise<void>;
}

/** What was opened on the way to something bigger, so that nothing stays behind where the rest fails. */
export class Opened {
  readonly #opening: Promise<Closable>[] = [];

  /** Remembers what is being opened. */
  keep<One extends Closable>(opening: Promise<One>): Promise<One> {
    this.#opening.push(opening);
    return opening;
  }

  /** Remembers what else is to be done when everything is closed. */
  onClose(close: () => Promise<void>): void {
    this.#opening.push(Promise.resolve({ close }));
  }

  /** @throws whatever `open` throws, once everything that was kept on the way is closed */
  async orNothing<Whole>(open: () => Promise<Whole>): Promise<Whole> {
    try {
      return await open();
    } catch (thrown) {
      await this.close();
      throw thrown;
    }
  }

  /**
   * Closes everything, last first; what is still being opened is waited for.
   * @throws AggregateError where something did not close; the rest is closed all the same
   */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const opening of this.#opening.splice(0).reverse()) {
      const one = await opening.catch(() => undefined);
      await one?.close().catch((failure: unknown) => failures.push(failure));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything closed');
  }
}
