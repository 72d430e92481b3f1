import { describe, expect, it } from '@jest/globals';
import { FairSlots } from '../../src/jobs/fair-slots.ts';

describe('what waits for a slot', () => {
  function world(limits: { readonly total: number; readonly each: number }) {
    const slots = new FairSlots(limits);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const put = (line: string, name: string): Promise<void> =>
      slots.run(line, () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      });
    const settled = () => new Promise(setImmediate);
    return { begun, ends, put, settled };
  }

  it('takes half of them for one person at most, and none away from a person who asks once', async () => {
    const { begun, ends, put, settled } = world({ total: 4, each: 2 });
    for (let index = 0; index < 20; index += 1) void put('guest', `guest ${index}`);
    void put('honest', 'status');
    await settled();
    expect(begun).toEqual(['guest 0', 'guest 1', 'status']);
    ends.get('guest 0')?.();
    await settled();
    expect(begun.slice(3)).toEqual(['guest 2']);
  });

  it('begins next for whom the fewest are at work', async () => {
    const { begun, ends, put, settled } = world({ total: 2, each: 2 });
    for (let index = 0; index < 5; index += 1) void put('guest', `guest ${index}`);
    void put('honest', 'status');
    await settled();
    ends.get('guest 0')?.();
    await settled();
    expect(begun).toEqual(['guest 0', 'guest 1', 'status']);
  });

  it('gives its slot back when it fails', async () => {
    const slots = new FairSlots({ total: 1, each: 1 });
    const failed = slots.run('one', async () => {
      throw new Error('no');
    });
    const next = slots.run('one', async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
