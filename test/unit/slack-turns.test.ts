import { setImmediate as nextRound } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EventLoopQueue } from '../../src/slack/event-loop-queue.ts';

describe('Work that follows an acknowledgement', () => {
  it('begins one piece at a time, in order, so that what arrives meanwhile is taken in between', async () => {
    const turns = new EventLoopQueue();
    const seen: string[] = [];
    const work = ['first', 'second', 'third'].map(async (name) => {
      await turns.next();
      seen.push(name);
    });
    const arriving = (async () => {
      for (const name of ['arrival 1', 'arrival 2', 'arrival 3']) {
        await nextRound();
        seen.push(name);
      }
    })();
    await Promise.all([...work, arriving]);
    expect(seen.filter((name) => !name.startsWith('arrival'))).toEqual(['first', 'second', 'third']);
    expect(seen.indexOf('arrival 1')).toBeLessThan(seen.indexOf('second'));
    expect(seen.indexOf('arrival 2')).toBeLessThan(seen.indexOf('third'));
  });

  it('never begins before the round in which its command was acknowledged is over', async () => {
    const turns = new EventLoopQueue();
    const seen: string[] = [];
    const work = turns.next().then(() => seen.push('work'));
    await Promise.resolve();
    process.nextTick(() => seen.push('the rest of this round'));
    await work;
    expect(seen).toEqual(['the rest of this round', 'work']);
  });
});
