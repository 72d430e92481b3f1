import { describe, expect, it } from '@jest/globals';
import { killsOf } from '../faults/kills.ts';
import { ACCESS, BATCH } from '../faults/works.ts';

const NOTE = { stream: 'journal', what: 'grant active' } as const;
const WRITE = { stream: 'entra', what: 'PATCH /groups/<id>' } as const;
const STATE = { stream: 'request', what: 'request running' } as const;
const BINDING = {
  stream: 'kubernetes',
  what: 'PATCH /clusterrolebindings/kastellan-admin-k10-admin',
} as const;

describe('the kills of a fault campaign', () => {
  it('are one for each moment that an undisturbed run shows', () => {
    const tries = killsOf(ACCESS, [STATE, NOTE, WRITE, NOTE]);
    expect(tries.map(({ variant }) => variant)).toEqual(['entra 1', 'journal 1', 'journal 2', 'request 1']);
  });

  it('leave out what another work is killed at', () => {
    const tries = killsOf(BATCH, [STATE, WRITE, BINDING, NOTE]);
    expect(tries.map(({ variant }) => variant)).toEqual(['entra 1', 'request 1']);
  });

  it('are missed where a run shows none, instead of held without having been tried', () => {
    expect(() => killsOf(ACCESS, [NOTE])).toThrow(
      'kill -9 of the worker while giving access: an undisturbed run shows no moment in entra to be killed at.',
    );
    expect(() => killsOf(ACCESS, [])).toThrow(/shows no moment/);
  });
});
