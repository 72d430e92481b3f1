import { describe, expect, it } from '@jest/globals';
import type { CallOutcome } from '../../src/domain/remote-call.ts';
import { createDegradation } from '../../src/ops/degradation.ts';

const cluster = (name: string) =>
  ({ system: 'kubernetes', operation: 'get secrets', cluster: name }) as const;
const graph = { system: 'graph', operation: 'find the group' } as const;

describe('what is degraded', () => {
  it('is each system whose last call got no answer, or none that it could give', () => {
    const degradation = createDegradation();
    degradation.called(cluster('prod-eu'), 'unreachable');
    degradation.called(cluster('prod-us'), 'ok');
    degradation.called(graph, 'failed');
    expect(degradation.names()).toEqual(['cluster prod-eu', 'graph']);
  });

  it.each<[CallOutcome, boolean]>([
    ['ok', false],
    ['not-found', false],
    ['refused', false],
    ['throttled', true],
    ['aborted', true],
  ])('after a call that was %s is still degraded: %s', (outcome, still) => {
    const degradation = createDegradation();
    degradation.called(graph, 'unreachable');
    degradation.called(graph, outcome);
    expect(degradation.names()).toEqual(still ? ['graph'] : []);
  });

  it('is a channel that takes no card, until it takes one', () => {
    const degradation = createDegradation();
    degradation.set('approvals channel', true);
    degradation.called(graph, 'ok');
    expect(degradation.names()).toEqual(['approvals channel']);
    degradation.set('approvals channel', false);
    expect(degradation.names()).toEqual([]);
  });

  it('is forgotten when nobody calls any more', () => {
    let now = 0;
    const degradation = createDegradation(() => now);
    degradation.called(graph, 'unreachable');
    now = 10 * 60_000;
    expect(degradation.names()).toEqual([]);
  });

  it('is no cluster because a run of Helm failed, and not Redis, which is probed', () => {
    const degradation = createDegradation();
    degradation.called({ system: 'helm', operation: 'upgrade', cluster: 'prod-eu' }, 'failed');
    degradation.called({ system: 'redis', operation: 'get' }, 'unreachable');
    expect(degradation.names()).toEqual([]);
  });
});
