import { expect, it } from '@jest/globals';
import { Walk } from '../support/walk.ts';

/** What keeps a program from ending: the programs it started, and the addresses it listens on. */
function open(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /^(ProcessWrap|TCPServerWrap)$/.test(kind));
}

it.each([
  ['the last part of the world', { giveRights: () => Promise.reject(new Error('no rights')) }, 'no rights'],
  ['Kastellan itself', { processes: [{ KASTELLAN_CONFIG: '/nowhere' }] }, 'Kastellan ended with'],
])('leaves nothing open where %s does not start', async (_what, options, words) => {
  expect(open()).toEqual([]);
  await expect(Walk.start(options)).rejects.toThrow(words);
  expect(open()).toEqual([]);
});
