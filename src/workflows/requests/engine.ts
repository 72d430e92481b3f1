import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEvent } from '../../domain/audit/audit.ts';
import { asKastellanError, KastellanError, NEVER } from '../../domain/errors.ts';
import type { Journal, StepRecord, StepState } from '../../domain/requests/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JournalStore } from '../../ports/stores.ts';
import type { Log, Telemetry } from '../../ports/telemetry.ts';
import type { Step, StepRun } from './step.ts';

const MAX_ATTEMPTS = 9;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;
const MAX_STORE_ATTEMPTS = 60;
const STORE_DELAY_MS = 500;

export interface EngineWorld {
  readonly journal: JournalStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export interface EngineRun {
  readonly requestId: string;
  readonly cluster: string;
  /** Aborts when the lease on the request was lost or the process has to stop. */
  readonly signal: AbortSignal;
  /** Called after everything that changes what people see. */
  onProgress(live: Readonly<Record<string, string>>): Promise<void>;
}

/** A step's failure that no retry will mend now. */
export interface StepFailure {
  readonly step: Step;
  readonly error: KastellanError;
}

/** Carries one request's steps forward, or back; every move is in the journal before it is made. */
export class Engine {
  readonly #world: EngineWorld;
  readonly #run: EngineRun;
  #journal: Journal;
  readonly #live = new Map<string, string>();

  private constructor(world: EngineWorld, run: EngineRun, journal: Journal) {
    this.#world = world;
    this.#run = run;
    this.#journal = journal;
  }

  static async open(world: EngineWorld, run: EngineRun): Promise<Engine> {
    return new Engine(world, run, await world.journal.read(run.requestId));
  }

  get journal(): Journal {
    return this.#journal;
  }

  /**
   * Runs every step that is not done, side by side where their needs allow it. After a failure nothing new is begun,
   * and what is under way comes to its end.
   * @returns the failure of the first of `steps` that failed, if any
   * @throws what aborted the run, when the signal did
   */
  async applyAll(steps: readonly Step[]): Promise<StepFailure | undefined> {
    const waiting = new Set(steps.filter((step) => this.#journal[step.name]?.state !== 'done'));
    const running = new Map<Step, Promise<void>>();
    const failures: StepFailure[] = [];
    while (waiting.size > 0 || running.size > 0) {
      const ready = failures.length === 0 ? [...waiting].filter((step) => this.#isReady(step)) : [];
      for (const step of ready) {
        waiting.delete(step);
        const ended = this.#traced(`step ${step.name}`, () => this.#applyOne(step))
          .catch((thrown: unknown) => {
            failures.push({ step, error: asKastellanError(thrown) });
          })
          .finally(() => running.delete(step));
        running.set(step, ended);
      }
      if (running.size === 0) break;
      await Promise.race(running.values());
    }
    this.#run.signal.throwIfAborted();
    const [stuck] = waiting;
    // Of several that ran side by side and failed for one reason, it is always the same that is named.
    const [first] = steps.flatMap((step) => failures.filter((failure) => failure.step === step));
    return first ?? (stuck && { step: stuck, error: cannotBegin(stuck) });
  }

  /** Brings the steps that were interrupted to their end, and begins no other; otherwise as `applyAll`. */
  async applyInterrupted(steps: readonly Step[]): Promise<StepFailure | undefined> {
    return this.applyAll(steps.filter(({ name }) => this.#journal[name]?.state === 'started'));
  }

  /** Whether nothing is left to do. */
  isDone(steps: readonly Step[]): boolean {
    return steps.every(({ name }) => this.#journal[name]?.state === 'done');
  }

  /**
   * Undoes every step that was begun, newest first; a failure does not stop the others.
   * @returns what could not be undone
   */
  async undoAll(steps: readonly Step[]): Promise<StepFailure[]> {
    const begun = steps
      .filter((step) => step.undo !== undefined && this.#journal[step.name] !== undefined)
      .filter((step) => this.#journal[step.name]?.state !== 'undone')
      // Steps that began in the same millisecond go back in the reverse of their order, too.
      .toReversed()
      .toSorted((a, b) => this.#startOf(b).localeCompare(this.#startOf(a)));
    const failures: StepFailure[] = [];
    for (const step of begun) {
      try {
        await this.#traced(`undo ${step.name}`, () => this.#undoOne(step));
      } catch (thrown) {
        this.#run.signal.throwIfAborted();
        failures.push({ step, error: asKastellanError(thrown) });
      }
    }
    return failures;
  }

  #isReady(step: Step): boolean {
    return step.needs.every((need) => this.#journal[need]?.state === 'done');
  }

  #startOf(step: Step): string {
    return this.#journal[step.name]?.startedAt ?? '';
  }

  #traced(name: string, run: () => Promise<void>): Promise<void> {
    const { requestId, cluster } = this.#run;
    return this.#world.telemetry.traced({ name, requestId, cluster }, run);
  }

  async #applyOne(step: Step): Promise<void> {
    await this.#mark(step, 'started');
    try {
      const note = await this.#persist(step, () => step.apply(this.#stepRun(step)));
      await this.#mark(step, 'done', { ...(note !== undefined && { note }) });
    } catch (thrown) {
      this.#run.signal.throwIfAborted();
      await this.#mark(step, 'failed', { problem: asKastellanError(thrown).message });
      throw thrown;
    }
  }

  async #undoOne(step: Step): Promise<void> {
    await this.#mark(step, 'undoing');
    try {
      const note = await this.#persist(step, async () => step.undo?.(this.#stepRun(step)));
      await this.#mark(step, 'undone', { ...(note !== undefined && { note }) });
    } catch (thrown) {
      this.#run.signal.throwIfAborted();
      await this.#mark(step, 'undo-failed', { problem: asKastellanError(thrown).message });
      throw thrown;
    }
  }

  // Waits here and not in the queue: the lease is held meanwhile, so no other worker begins the same step.
  async #persist<T>(step: Step, act: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      this.#run.signal.throwIfAborted();
      try {
        return await act();
      } catch (thrown) {
        const error = asKastellanError(thrown);
        this.#run.signal.throwIfAborted();
        this.#world.log.warn({ step: step.name, code: error.code, attempt }, 'a step did not succeed');
        if (error.retry.when === 'never' || attempt >= MAX_ATTEMPTS) throw error;
        this.#world.telemetry.stepRetried(step.name, error.code);
        const delay = error.retry.afterMs ?? Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
        this.#say(step, `${error.message} Trying again in ${Math.ceil(delay / 1_000)} s.`);
        await sleep(delay, undefined, { signal: this.#run.signal });
      } finally {
        this.#live.delete(step.name);
      }
    }
  }

  #stepRun(step: Step): StepRun {
    const recallFrom = (name: string, key: string) => this.#journal[name]?.memory[key];
    return {
      signal: this.#run.signal,
      recall: (key) => recallFrom(step.name, key),
      recallFrom,
      remember: async (memory) => {
        const record = this.#journal[step.name];
        if (record === undefined)
          throw new KastellanError({ code: 'step.not-begun', message: 'The step was not begun.' });
        await this.#write({ ...record, memory: { ...record.memory, ...memory } });
      },
      report: (text) => this.#say(step, text),
    };
  }

  #say(step: Step, text: string): void {
    this.#live.set(step.name, text);
    this.#show();
  }

  async #mark(step: Step, state: StepState, end: { note?: string; problem?: string } = {}): Promise<void> {
    const before = this.#journal[step.name];
    const at = this.#world.clock.now().toISOString();
    const begins = state === 'started' || state === 'undoing';
    const { problem: _old, endedAt: _ended, ...kept } = before ?? { memory: {}, attempts: 0 };
    await this.#write(
      {
        ...kept,
        step: step.name,
        state,
        // The first start stays: it gives the order in which things are undone.
        startedAt: before?.startedAt ?? at,
        attempts: kept.attempts + (state === 'started' ? 1 : 0),
        ...(begins ? {} : { endedAt: at }),
        ...end,
      },
      true,
    );
    this.#show();
  }

  // Not being able to draw must not stop what is drawn; the next move draws again.
  #show(): void {
    this.#run
      .onProgress(Object.fromEntries(this.#live))
      .catch((cause: unknown) => this.#world.log.warn({ cause: String(cause) }, 'progress was not shown'));
  }

  async #write(record: StepRecord, audited = false): Promise<void> {
    this.#run.signal.throwIfAborted();
    const event = {
      action: `step.${record.state}`,
      actor: 'kastellan',
      requestId: this.#run.requestId,
      cluster: this.#run.cluster,
      detail: { step: record.step, ...(record.problem !== undefined && { problem: record.problem }) },
    };
    await this.#store(record, audited ? event : undefined);
    this.#journal = { ...this.#journal, [record.step]: record };
  }

  // A store that is away for a moment is no failure of the step. Away for longer it costs the lease, which ends the run.
  async #store(record: StepRecord, event: AuditEvent | undefined): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      this.#run.signal.throwIfAborted();
      try {
        return await this.#world.journal.write(this.#run.requestId, record, event);
      } catch (thrown) {
        const error = asKastellanError(thrown);
        if (error.retry.when === 'never' || attempt >= MAX_STORE_ATTEMPTS) throw error;
        await sleep(error.retry.afterMs ?? STORE_DELAY_MS, undefined, { signal: this.#run.signal });
      }
    }
  }
}

// Without this a request whose steps do not fit together would be called done.
function cannotBegin({ title, needs }: Step): KastellanError {
  return new KastellanError({
    code: 'engine.need-missing',
    message: `"${title}" could not begin: something that it needs (${needs.join(', ')}) is no part of this request.`,
    hint: 'That is a mistake in Kastellan: please report it, with the id of the request.',
    retry: NEVER,
  });
}
