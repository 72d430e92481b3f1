import { describe, expect, it } from '@jest/globals';
import {
  batchDigest,
  followedState,
  followsBatch,
  nextBatchState,
} from '../../../src/domain/requests/batch-state.ts';
import { objectionTo } from '../../../src/domain/requests/policy.ts';
import type { RequestState } from '../../../src/domain/requests/request.ts';
import { sampleRequest } from '../../support/sample-request.ts';

const AT = '2026-11-23T10:01:00.000Z';

/** A part that has not begun, or one that has. */
const waiting = (state: RequestState) => sampleRequest({ state, batch: 'b4tch000' });
const begun = (state: RequestState) => ({ ...waiting(state), startedAt: AT });

function next(state: RequestState, parts: ReturnType<typeof waiting>[], required = 1): RequestState {
  const spec = {
    parts: parts.map(({ id, cluster, spec: wanted }) => ({ requestId: id, cluster, spec: wanted })),
  };
  return nextBatchState({ state, required, spec }, parts);
}

describe('a batch', () => {
  it('is planned until the last of its clusters was seen', () => {
    expect(next('planning', [waiting('pending'), waiting('planning')])).toBe('planning');
    const spec = { parts: [1, 2].map(() => ({ requestId: 'x', cluster: 'y', spec: sampleRequest().spec })) };
    expect(nextBatchState({ state: 'planning', required: 1, spec }, [waiting('pending')])).toBe('planning');
  });

  it('waits for a decision where one cluster has something to do, whatever the others have', () => {
    expect(next('planning', [waiting('refused'), waiting('done'), waiting('pending')])).toBe('pending');
    expect(next('planning', [waiting('pending')], 0)).toBe('approved');
  });

  it('is over at once where none has, and refused where none can', () => {
    expect(next('planning', [waiting('done'), waiting('refused')])).toBe('done');
    expect(next('planning', [waiting('refused'), waiting('refused')])).toBe('refused');
  });

  it('runs while one of them does, and then waits for somebody or is over', () => {
    expect(next('running', [begun('failed'), begun('running')])).toBe('running');
    expect(next('running', [begun('failed'), waiting('pending')])).toBe('running');
    expect(next('running', [begun('failed'), begun('done')])).toBe('failed');
    expect(next('running', [begun('pending'), begun('done')])).toBe('failed');
    expect(next('running', [begun('done'), begun('undone'), waiting('refused')])).toBe('done');
  });

  it('follows what is mended cluster by cluster', () => {
    expect(next('failed', [begun('failed'), begun('done')])).toBe('failed');
    expect(next('failed', [begun('undoing'), begun('done')])).toBe('running');
    // Over in the meantime: it passes through running, as every request that ends.
    expect(next('failed', [begun('undone'), begun('done')])).toBe('running');
  });

  it('stays as it ended', () => {
    for (const state of ['denied', 'withdrawn', 'expired', 'done', 'refused'] as const)
      expect(next(state, [waiting('pending')])).toBe(state);
  });

  it('is approved for just the plans that wait, in whatever order they were made', () => {
    const [eu, us] = [waiting('pending'), { ...waiting('pending'), cluster: 'prod-us' }];
    expect(batchDigest([eu, us])).toBe(batchDigest([us, eu]));
    expect(batchDigest([eu, { ...us, state: 'refused' }])).toBe(batchDigest([eu]));
    expect(batchDigest([eu, { ...us, planDigest: 'another' }])).not.toBe(batchDigest([eu, us]));
  });
});

describe('a part of a batch', () => {
  it.each([
    ['pending', 'approved', 'approved'],
    ['pending', 'running', 'approved'],
    ['pending', 'denied', 'denied'],
    ['pending', 'expired', 'expired'],
    ['pending', 'withdrawn', 'withdrawn'],
    ['planning', 'withdrawn', 'withdrawn'],
    ['planning', 'planning', undefined],
    ['pending', 'pending', undefined],
    ['refused', 'running', undefined],
    ['done', 'withdrawn', undefined],
  ] as const)('that is %s, of a batch that is %s, becomes %s', (state, batch, to) => {
    expect(followedState({ state: batch }, waiting(state))).toBe(to);
  });

  it('goes its own way from its beginning on: an approval of all no longer counts for a new plan of it', () => {
    expect(followedState({ state: 'running' }, begun('pending'))).toBeUndefined();
    expect(followsBatch(begun('pending'))).toBe(false);
    expect(followsBatch(sampleRequest())).toBe(false);
  });

  it('is not decided on by itself before', () => {
    const approvers = new Set(['U2']);
    expect(objectionTo(waiting('pending'), 'U2', approvers)).toEqual({ kind: 'goes-with-batch' });
    expect(objectionTo(begun('pending'), 'U2', approvers)).toBeUndefined();
  });
});
