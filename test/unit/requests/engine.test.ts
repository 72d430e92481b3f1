import { describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '../../../src/domain/audit/audit.ts';
import { KastellanError } from '../../../src/domain/errors.ts';
import type { Journal, StepRecord } from '../../../src/domain/requests/journal.ts';
import { Engine } from '../../../src/workflows/requests/engine.ts';
import type { Step, StepRun } from '../../../src/workflows/requests/step.ts';
import { QUIET_TELEMETRY } from '../../support/quiet-telemetry.ts';

const NO_LOG = { info() {}, warn() {}, error() {} };

/** A request's journal in memory, and everything that became of it in order. */
class Run {
  readonly told: string[] = [];
  readonly live: string[] = [];
  readonly retried: string[] = [];
  journal: Journal = {};
  readonly aborting = new AbortController();
  /** How many writes the store refuses, and whether the card can be drawn. */
  storeAway = 0;
  drawable = true;
  #ticks = 0;

  async engine(): Promise<Engine> {
    const write = async (_id: string, record: StepRecord, event?: AuditEvent): Promise<void> => {
      if (this.storeAway > 0) {
        this.storeAway -= 1;
        throw new KastellanError({
          code: 'redis.unreachable',
          message: 'Redis is away.',
          retry: { when: 'later', afterMs: 1 },
        });
      }
      this.journal = { ...this.journal, [record.step]: record };
      if (event !== undefined) this.told.push(`${record.step} ${record.state}`);
    };
    const world = {
      journal: { read: async () => this.journal, write },
      clock: { now: () => new Date(1_800_000_000_000 + this.#ticks++) },
      log: NO_LOG,
      telemetry: {
        ...QUIET_TELEMETRY,
        stepRetried: (name: string, code: string) => void this.retried.push(`${name} ${code}`),
      },
    };
    return Engine.open(world, {
      requestId: 'r',
      cluster: 'c',
      signal: this.aborting.signal,
      onProgress: async (live) => {
        if (!this.drawable) throw new Error('the card cannot be drawn');
        this.live.push(...Object.values(live));
      },
    });
  }
}

function step(
  name: string,
  needs: string[],
  apply: Step['apply'] = async () => undefined,
  undo?: Step['undo'],
): Step {
  return { name, title: name, needs, apply, ...(undo && { undo }) };
}

function refusal(message: string): KastellanError {
  return new KastellanError({ code: 'test.refused', message });
}

describe('carrying steps out', () => {
  it('runs a step when all it needs is done, and writes "started" before and "done" after', async () => {
    const run = new Run();
    const engine = await run.engine();
    const failure = await engine.applyAll([step('b', ['a']), step('a', [])]);
    expect(failure).toBeUndefined();
    expect(run.told).toEqual(['a started', 'a done', 'b started', 'b done']);
  });

  it('goes on when the store was away for a moment, or the card cannot be drawn', async () => {
    const run = new Run();
    run.storeAway = 3;
    run.drawable = false;
    const engine = await run.engine();
    expect(await engine.applyAll([step('a', [])])).toBeUndefined();
    expect(run.told).toEqual(['a started', 'a done']);
  });

  it('runs steps side by side when neither needs the other', async () => {
    const run = new Run();
    const meeting = Promise.withResolvers<void>();
    let present = 0;
    // Each waits for the other: one after the other they would wait for ever.
    const meet = async () => {
      present += 1;
      if (present === 2) meeting.resolve();
      await meeting.promise;
      return undefined;
    };
    await (await run.engine()).applyAll([step('a', [], meet), step('b', [], meet)]);
    expect(run.journal['a']?.state).toBe('done');
    expect(run.journal['b']?.state).toBe('done');
  });

  it('begins nothing new after a failure and gives the first one', async () => {
    const run = new Run();
    const failing = step('a', [], async () => {
      throw refusal('no');
    });
    const failure = await (await run.engine()).applyAll([failing, step('b', ['a'])]);
    expect(failure).toMatchObject({ step: { name: 'a' }, error: { code: 'test.refused' } });
    expect(run.told).toEqual(['a started', 'a failed']);
    expect(run.journal['a']?.problem).toBe('no');
  });

  it('names the first of the steps when several fail side by side, whichever was quicker', async () => {
    const run = new Run();
    const quicker = Promise.withResolvers<void>();
    const slow = step('a', [], async () => {
      await quicker.promise;
      throw refusal('a may not');
    });
    const quick = step('b', [], async () => {
      setImmediate(quicker.resolve);
      throw refusal('b may not');
    });
    const failure = await (await run.engine()).applyAll([slow, quick]);
    expect(run.told).toEqual(['a started', 'b started', 'b failed', 'a failed']);
    expect(failure).toMatchObject({ step: { name: 'a' }, error: { message: 'a may not' } });
  });

  it('is not done where a step waits for one that is not among them', async () => {
    const run = new Run();
    const engine = await run.engine();
    const failure = await engine.applyAll([step('group', []), step('members', ['group', 'application'])]);
    expect(failure).toMatchObject({ step: { name: 'members' }, error: { code: 'engine.need-missing' } });
    expect(run.told).toEqual(['group started', 'group done']);
  });

  it('goes on where another process was killed: what is done is not done again', async () => {
    const run = new Run();
    const begun: string[] = [];
    const steps = ['a', 'b', 'c'].map((name, index, all) =>
      step(name, all.slice(0, index), async () => {
        begun.push(name);
        return undefined;
      }),
    );
    run.journal = {
      a: { step: 'a', state: 'done', startedAt: '2026-01-01T00:00:00Z', memory: {}, attempts: 1 },
      b: {
        step: 'b',
        state: 'started',
        startedAt: '2026-01-01T00:00:01Z',
        memory: { id: 'kept' },
        attempts: 1,
      },
    };
    await (await run.engine()).applyAll(steps);
    expect(begun).toEqual(['b', 'c']);
    expect(run.journal['b']).toMatchObject({ state: 'done', attempts: 2, memory: { id: 'kept' } });
  });

  it('brings only what was interrupted to its end once nothing may be begun any more', async () => {
    const run = new Run();
    const at = new Date(1_800_000_000_000).toISOString();
    const record = { startedAt: at, memory: {}, attempts: 1 };
    run.journal = {
      a: { ...record, step: 'a', state: 'done' },
      b: { ...record, step: 'b', state: 'started' },
      c: { ...record, step: 'c', state: 'failed' },
    };
    const steps = [step('a', []), step('b', ['a']), step('c', ['a']), step('d', ['b'])];
    const engine = await run.engine();
    expect(await engine.applyInterrupted(steps)).toBeUndefined();
    expect(run.told).toEqual(['b started', 'b done']);
    expect(engine.isDone(steps)).toBe(false);
    expect(engine.isDone(steps.slice(0, 2))).toBe(true);
  });

  it('tries again what may work later, after the delay that was asked for, and says so meanwhile', async () => {
    const run = new Run();
    let tries = 0;
    const busy = step('a', [], async () => {
      tries += 1;
      if (tries === 1) {
        throw new KastellanError({
          code: 'entra.throttled',
          message: 'Entra asks to wait.',
          retry: { when: 'later', afterMs: 5 },
        });
      }
      return 'at last';
    });
    expect(await (await run.engine()).applyAll([busy])).toBeUndefined();
    expect(run.live).toContain('Entra asks to wait. Trying again in 1 s.');
    expect(run.journal['a']).toMatchObject({ state: 'done', note: 'at last' });
    expect(run.retried).toEqual(['a entra.throttled']);
  });

  it('stops writing at once when the process has to let go', async () => {
    const run = new Run();
    const pulled = step('a', [], async ({ signal }: StepRun) => {
      run.aborting.abort(new Error('lease lost'));
      signal.throwIfAborted();
      return undefined;
    });
    await expect((await run.engine()).applyAll([pulled, step('b', [])])).rejects.toThrow('lease lost');
    expect(run.journal['a']?.state).toBe('started');
  });
});

describe('undoing', () => {
  it('goes newest first and leaves alone what was never begun', async () => {
    const run = new Run();
    const undone: string[] = [];
    const steps = ['a', 'b', 'c'].map((name, index, all) =>
      step(
        name,
        all.slice(0, index),
        name === 'c' ? async () => Promise.reject(refusal('no')) : undefined,
        async () => {
          undone.push(name);
          return undefined;
        },
      ),
    );
    const never = step('d', ['c'], undefined, async () => {
      undone.push('d');
      return undefined;
    });
    const engine = await run.engine();
    await engine.applyAll([...steps, never]);
    expect(await engine.undoAll([...steps, never])).toEqual([]);
    expect(undone).toEqual(['c', 'b', 'a']);
  });

  it('goes on with the others when one cannot be undone, and names that one', async () => {
    const run = new Run();
    const stuck = step('a', [], undefined, async () => Promise.reject(refusal('locked')));
    const fine = step('b', ['a'], undefined, async () => 'deleted');
    const engine = await run.engine();
    await engine.applyAll([stuck, fine]);
    const failures = await engine.undoAll([stuck, fine]);
    expect(failures.map((failure) => [failure.step.name, failure.error.message])).toEqual([['a', 'locked']]);
    expect(run.journal['a']?.state).toBe('undo-failed');
    expect(run.journal['b']).toMatchObject({ state: 'undone', note: 'deleted' });
  });

  it('knows what a step remembered before it acted, even if it was killed right after', async () => {
    const run = new Run();
    const made = step(
      'a',
      [],
      async (stepRun) => {
        await stepRun.remember({ created: true });
        throw refusal('timed out');
      },
      async (stepRun) => (stepRun.recall('created') === true ? 'deleted' : 'was there before'),
    );
    const engine = await run.engine();
    await engine.applyAll([made]);
    await engine.undoAll([made]);
    expect(run.journal['a']?.note).toBe('deleted');
  });
});
