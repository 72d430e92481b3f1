import { describe, expect, it } from '@jest/globals';
import { InFlight } from '../../src/domain/in-flight.ts';

describe('work that several ask for', () => {
  it('is done once while it is done, for each key, and anew after that, also where it failed', async () => {
    const work = new InFlight<string>();
    const done: string[] = [];
    const run = (what: string) => async () => {
      done.push(what);
      await new Promise(setImmediate);
      if (what === 'broken') throw new Error('no');
      return what;
    };
    expect(
      await Promise.all([work.once('a', run('a')), work.once('a', run('a')), work.once('b', run('b'))]),
    ).toEqual(['a', 'a', 'b']);
    expect(done).toEqual(['a', 'b']);
    await expect(work.once('a', run('broken'))).rejects.toThrow('no');
    expect(await work.once('a', run('a'))).toBe('a');
  });
});
