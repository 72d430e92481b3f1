import { setImmediate as nextRound } from 'node:timers/promises';

/**
 * The line in which work waits that follows an acknowledgement. One piece of it begins in each round of the event loop,
 * after what has arrived by then was taken: an acknowledgement waits for one piece at most, however many are in line.
 */
export class EventLoopQueue {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is this caller's turn, in the order of the calls. */
  next(): Promise<void> {
    this.#last = this.#last.then(() => nextRound());
    return this.#last;
  }
}
