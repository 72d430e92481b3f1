import { EventEmitter, once } from 'node:events';

/** Lets pods start, or makes all that start from now on wait. */
export class PodGate {
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #held = false;

  /** Pods that start from now on stay at `ContainerCreating`; those that run go on. */
  hold(): void {
    this.#held = true;
  }

  /** Those that waited start, and all that come. */
  release(): void {
    this.#held = false;
    this.#changes.emit('released');
  }

  /** Resolves when a pod may start. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#held) await once(this.#changes, 'released', { signal });
  }
}
