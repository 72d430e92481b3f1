import { join } from 'node:path';
import type { SandboxClock } from '../../sandbox/clock.ts';
import { type KastellanProcess, startKastellan } from '../../sandbox/kastellan.ts';

const NAMES = ['a', 'b'] as const;
export type MemberName = (typeof NAMES)[number];

/** Two Kastellans with every role, `slack` too, that share a Redis: whatever one does, the other can go on with. */
export class Fleet {
  readonly #environment: Record<string, string>;
  readonly #home: string;
  readonly #clock: SandboxClock;
  /** Who ended without having been asked to, or not in order. */
  readonly fallen: string[] = [];
  readonly #running = new Map<MemberName, KastellanProcess>();

  constructor(environment: Record<string, string>, home: string, clock: SandboxClock) {
    this.#environment = environment;
    this.#home = home;
    this.#clock = clock;
    // A campaign that is broken off leaves nobody behind.
    process.once('exit', () => this.kill());
  }

  /** Starts those that do not run. */
  async complete(): Promise<void> {
    for (const name of NAMES) {
      if (this.#running.has(name)) continue;
      const member = await this.#start(name);
      this.#running.set(name, member);
      this.#watch(name, member);
    }
  }

  // On a machine that is busy with everything else, Redis or Slack can be too late for it; then it is started again.
  async #start(name: MemberName): Promise<KastellanProcess> {
    const start = () =>
      startKastellan(this.#environment, join(this.#home, `kastellan-${name}.log`), this.#clock);
    return start().catch(start).catch(start);
  }

  // Whoever is killed or stopped is taken off the list before; who is still on it ended by itself.
  #watch(name: MemberName, member: KastellanProcess): void {
    const ended = (code: number | undefined): void => {
      if (this.#running.get(name) !== member) return;
      this.#running.delete(name);
      this.fallen.push(`Kastellan ${name} ended by itself (${code})`);
    };
    member.ended.then(ended, () => undefined);
  }

  get pids(): number[] {
    return [...this.#running.values()].map(({ pid }) => pid);
  }

  get healthUrls(): string[] {
    return [...this.#running.values()].map(({ healthUrl }) => healthUrl);
  }

  /** As `kill -9`, of one or of all. */
  kill(pid?: number): void {
    for (const [name, member] of this.#running) {
      if (pid !== undefined && member.pid !== pid) continue;
      this.#running.delete(name);
      member.kill('SIGKILL');
    }
  }

  /** As an update of Kastellan ends them. */
  async stop(): Promise<void> {
    const members = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(
      members.map((member) => member.stop().catch((thrown: Error) => void this.fallen.push(thrown.message))),
    );
  }
}
