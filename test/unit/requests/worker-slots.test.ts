import { describe, expect, it } from '@jest/globals';
import { KastellanError, LATER } from '../../../src/domain/errors.ts';
import { WorkerSlots } from '../../../src/operations/requests/worker-slots.ts';
import { forEachConcurrently } from '../../../src/workflows/requests/for-each-concurrently.ts';

const { signal } = new AbortController();

/** Whether somebody who asks now gets a place without waiting. */
async function hasRoom(places: WorkerSlots, name: string): Promise<boolean> {
  const impatient = AbortSignal.abort(new Error('no room'));
  const giveBack = await places.take(name, impatient).catch(() => undefined);
  giveBack?.();
  return giveBack !== undefined;
}

describe('places at work', () => {
  it('are taken by two of one cluster, and free again when one is given back', async () => {
    const places = new WorkerSlots({ total: 8, each: 2 });
    const first = await places.take('cluster:a', signal);
    await places.take('cluster:a', signal);
    expect(await places.take('cluster:a', signal)).toBeUndefined();
    expect(await places.take('cluster:b', signal)).toBeDefined();
    first?.();
    expect(await places.take('cluster:a', signal)).toBeDefined();
  });

  it('are waited for in turn when all are taken', async () => {
    const places = new WorkerSlots({ total: 1, each: 1 });
    const first = await places.take('cluster:a', signal);
    const order: string[] = [];
    const waiting = ['b', 'c'].map(async (name) => {
      const giveBack = await places.take(name, signal);
      order.push(name);
      giveBack?.();
    });
    expect(await hasRoom(places, 'd')).toBe(false);
    first?.();
    await Promise.all(waiting);
    expect(order).toEqual(['b', 'c']);
  });

  it('are free for others as soon as a cluster is found away, and taken anew once it is back', async () => {
    const places = new WorkerSlots({ total: 2, each: 2 });
    const hung = [await places.take('cluster:a', signal), await places.take('cluster:a', signal)];
    expect(await hasRoom(places, 'cluster:b')).toBe(false);
    places.setAway('cluster:a', true);
    expect(await hasRoom(places, 'cluster:b')).toBe(true);
    for (const giveBack of hung) giveBack?.();
    places.setAway('cluster:a', false);
    await places.take('cluster:a', signal);
    await places.take('cluster:b', signal);
    expect(await hasRoom(places, 'cluster:c')).toBe(false);
  });

  it('are not waited for by a process that ends', async () => {
    const places = new WorkerSlots({ total: 1, each: 1 });
    const giveBack = await places.take('cluster:a', signal);
    const ending = new AbortController();
    const waiting = places.take('cluster:b', ending.signal);
    ending.abort(new Error('the process ends'));
    await expect(waiting).rejects.toThrow('the process ends');
    giveBack?.();
    expect(await hasRoom(places, 'cluster:b')).toBe(true);
  });
});

describe('many looks', () => {
  it('go a few at a time, and their results keep the order', async () => {
    let [running, most] = [0, 0];
    const results = await forEachConcurrently([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([10, 20, 30, 40, 50, 60, 70]);
    expect(most).toBe(3);
  });

  it('come to their turn although one failed, and that is told at the end', async () => {
    const seen: number[] = [];
    const looks = forEachConcurrently([1, 2, 3, 4], 2, async (item) => {
      if (item < 3) throw new Error(`${item} failed`);
      seen.push(item);
    });
    const cause = { message: 'Error: 1 failed; Error: 2 failed' };
    await expect(looks).rejects.toMatchObject({ code: 'unexpected', cause });
    expect(seen).toEqual([3, 4]);
  });

  it('say of each why it failed, with the code of the first, and once what several say', async () => {
    const failures = ['Entra is away.', 'Slack is away.', 'Entra is away.'].map(
      (message, at) => new KastellanError({ code: `c.${at}`, message, retry: LATER }),
    );
    const looks = forEachConcurrently(failures, 3, async (failure) => {
      throw failure;
    });
    await expect(looks).rejects.toMatchObject({
      code: 'c.0',
      message: 'Entra is away. Besides: Slack is away.',
      retry: LATER,
    });
    const [only] = failures;
    await expect(forEachConcurrently([1], 1, () => Promise.reject(only))).rejects.toBe(only);
  });
});
