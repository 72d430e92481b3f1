import { type FSWatcher, watch } from 'node:fs';
import type { KastellanProcess } from '../kastellan.ts';

type Startable = Pick<KastellanProcess, 'stop'>;

// An editor writes several files at once, and some write one in several goes.
const SETTLE_MS = 300;

/** Kastellan, stopped and started anew each time a file of its sources changes. */
export class RestartOnChange {
  readonly #start: () => Promise<Startable>;
  readonly #say: (line: string) => void;
  readonly #watcher: FSWatcher;
  #current: Startable | undefined;
  #work: Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Begins to watch and starts Kastellan.
   * @param folder of the sources
   * @param say told of each restart, and of a start that failed; the next change is another try
   */
  constructor(folder: string, start: () => Promise<Startable>, say: (line: string) => void) {
    this.#start = start;
    this.#say = say;
    this.#work = this.#startAnew();
    this.#watcher = watch(folder, { recursive: true }, () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#restart(), SETTLE_MS);
    });
  }

  /** Resolves once the starts and stops that were begun are done. */
  settled(): Promise<void> {
    return this.#work;
  }

  async stop(): Promise<void> {
    this.#watcher.close();
    clearTimeout(this.#timer);
    await this.#work;
    await this.#current?.stop();
  }

  #restart(): void {
    this.#say('The sources changed: Kastellan is started anew.');
    this.#work = this.#work.then(async () => {
      await this.#current?.stop().catch((thrown: Error) => this.#say(thrown.message));
      await this.#startAnew();
    });
  }

  async #startAnew(): Promise<void> {
    this.#current = undefined;
    try {
      this.#current = await this.#start();
    } catch (thrown) {
      this.#say(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
}
