import { openSync, writeSync } from 'node:fs';

/**
 * The time in a sandbox. It starts as the machine's; moved on, it runs ahead of it for everybody who lives in it. How far
 * is in a file, as the eight bytes of a JavaScript number, so that all processes jump in the same moment: one that lagged
 * behind would take work from the others' future and see nothing to do.
 */
export class SandboxClock {
  readonly file: string;
  readonly #descriptor: number;
  readonly #onJump: (offsetMs: number) => void;
  #offsetMs = 0;

  /**
   * @param file made anew
   * @param onJump told the new offset, in milliseconds, at every jump
   */
  constructor(file: string, onJump: (offsetMs: number) => void = () => undefined) {
    this.file = file;
    this.#onJump = onJump;
    this.#descriptor = openSync(file, 'w');
    this.#write();
  }

  /** How far ahead of the machine's clock, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * Jumps.
   * @param ms milliseconds; negative goes back
   */
  moveOn(ms: number): void {
    this.#offsetMs += ms;
    this.#write();
    this.#onJump(this.#offsetMs);
  }

  #write(): void {
    writeSync(this.#descriptor, new Float64Array([this.#offsetMs]), 0, 8, 0);
  }
}
