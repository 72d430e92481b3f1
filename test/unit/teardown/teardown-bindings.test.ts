import { describe, expect, it } from '@jest/globals';
import type { Binding } from '../../../src/ports/cluster.ts';
import { bindingsStep } from '../../../src/workflows/teardown/kubernetes.ts';
import type { TeardownJob } from '../../../src/workflows/teardown/systems.ts';
import { binding, memoryBindings } from '../../support/memory-bindings.ts';
import { setupSpec } from '../../support/setup-samples.ts';

function cluster(...first: Binding[]) {
  const { cluster, ...more } = memoryBindings(...first);
  const job = { spec: { setup: setupSpec() }, systems: { cluster } } as unknown as TeardownJob;
  return { step: bindingsStep(job), ...more };
}

describe('bindings that are torn down', () => {
  it('are those that Kastellan made, whoever else bound the same group', async () => {
    const { bindings, step, run } = cluster(binding('ours', ['g']), binding('by-hand', ['g'], false));
    await step.apply(run);
    expect([...bindings.keys()]).toEqual(['by-hand']);
  });

  it('come back as they were: with their group, or resting where nobody was in them', async () => {
    const { bindings, step, run } = cluster(binding('full', ['g']), binding('resting', []));
    await step.apply(run);
    // As after a kill in the middle: what was deleted before is not forgotten.
    await step.apply(run);
    expect(bindings.size).toBe(0);
    await step.undo?.(run);
    expect([...bindings.values()]).toEqual([binding('full', ['g']), binding('resting', [])]);
  });
});
