import { describe, expect, it } from '@jest/globals';
import { createBreaker, guarded } from '../../src/adapters/circuit-breaker.ts';
import { KastellanError, LATER } from '../../src/domain/errors.ts';

const GONE = new KastellanError({
  code: 'kubernetes.unreachable',
  message: "The cluster's Kubernetes API does not answer: ECONNREFUSED.",
  hint: 'Look.',
  retry: LATER,
});
const FORBIDDEN = new KastellanError({ code: 'kubernetes.forbidden', message: 'No.' });

/** A cluster whose state and clock a test sets. */
function world() {
  const told: boolean[] = [];
  const state = {
    now: Date.parse('2026-11-24T09:00:00Z'),
    takesMs: 10,
    error: undefined as Error | undefined,
    calls: 0,
  };
  const breaker = createBreaker({ now: () => state.now, onChange: (away) => told.push(away) });
  const call = () =>
    breaker.guard(async () => {
      state.calls += 1;
      state.now += state.takesMs;
      if (state.error !== undefined) throw state.error;
      return 'answer';
    });
  return { state, breaker, call, told };
}

async function failsTimes(call: () => Promise<unknown>, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await expect(call()).rejects.toThrow();
}

describe('a cluster that does not answer', () => {
  it('is asked nothing more after three failures, and says since when and until when', async () => {
    const { state, call, breaker, told } = world();
    state.error = GONE;
    await failsTimes(call, 3);
    expect(told).toEqual([true]);
    await expect(call()).rejects.toMatchObject({
      code: 'kubernetes.unreachable',
      message:
        "The cluster's Kubernetes API does not answer: ECONNREFUSED. It has not since 09:00:00 and is tried again at 09:00:01 UTC.",
      hint: 'Look.',
      retry: { when: 'later', afterMs: 1_000 },
    });
    expect(state.calls).toBe(3);
    expect(breaker.away()).toEqual({
      since: '2026-11-24T09:00:00.000Z',
      againAt: '2026-11-24T09:00:01.030Z',
    });
  });

  it('is known after one call that hung', async () => {
    const { state, call, told } = world();
    Object.assign(state, { error: GONE, takesMs: 20_000 });
    await failsTimes(call, 1);
    expect(told).toEqual([true]);
  });

  it('is tried by one call at a time, ever more seldom, until it is back', async () => {
    const { state, call, breaker, told } = world();
    state.error = GONE;
    await failsTimes(call, 3);
    state.now += 1_000;
    await failsTimes(call, 2);
    expect(state.calls).toBe(4);
    state.now += 1_000;
    await failsTimes(call, 1);
    expect(state.calls).toBe(4);
    state.now += 1_000;
    state.error = undefined;
    expect(await call()).toBe('answer');
    expect(breaker.away()).toBeUndefined();
    expect(told).toEqual([true, false]);
  });

  it('is not left alone for longer because of calls that were already on their way', async () => {
    const { state, call, breaker } = world();
    const pending = Array.from({ length: 10 }, () => Promise.withResolvers<string>());
    const asked = pending.map(({ promise }) => breaker.guard(() => promise));
    for (const { reject } of pending) reject(GONE);
    await Promise.allSettled(asked);
    expect(breaker.away()?.againAt).toBe('2026-11-24T09:00:01.000Z');
    state.now += 1_000;
    expect(await call()).toBe('answer');
  });

  it('is there as soon as it refuses something', async () => {
    const { state, call, breaker } = world();
    state.error = GONE;
    await failsTimes(call, 3);
    state.now += 1_000;
    state.error = FORBIDDEN;
    await expect(call()).rejects.toBe(FORBIDDEN);
    expect(breaker.away()).toBeUndefined();
  });
});

describe('a cluster that stumbles', () => {
  it('is not given up for one failure between answers', async () => {
    const { state, call, told } = world();
    for (const error of [GONE, GONE, undefined, GONE, GONE]) {
      state.error = error;
      await call().catch(() => undefined);
    }
    expect(told).toEqual([]);
  });
});

describe('an object behind the breaker', () => {
  it('keeps its methods, and those that have to look whatever is known get through', async () => {
    const { state, call, breaker } = world();
    state.error = GONE;
    await failsTimes(call, 3);
    const target = { name: 'k10', look: async () => 'seen', check: async () => 'checked' };
    const through = guarded(target, breaker, ['check']);
    expect(through.name).toBe('k10');
    await expect(through.look()).rejects.toMatchObject({ code: 'kubernetes.unreachable' });
    expect(await through.check()).toBe('checked');
  });
});
