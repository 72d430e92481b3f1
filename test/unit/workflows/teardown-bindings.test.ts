import { describe, expect, it } from '@jest/globals';
import type { Json } from '../../../src/domain/json.ts';
import type { Binding } from '../../../src/ports.ts';
import type { StepRun } from '../../../src/workflows/step.ts';
import { bindingsStep } from '../../../src/workflows/teardown/kubernetes.ts';
import type { TeardownJob } from '../../../src/workflows/teardown/systems.ts';
import { setupSpec } from '../domain/samples.ts';

const ROLE = { kind: 'ClusterRole' as const, name: 'k10-admin' };

function binding(name: string, groups: readonly string[], managedByKastellan = true): Binding {
  return { name, role: ROLE, groups, managedByKastellan };
}

/** A cluster in memory, with what its bindings are after each act. */
function cluster(...first: Binding[]) {
  const bindings = new Map(first.map((one) => [one.name, one]));
  const memory: Record<string, Json> = {};
  const run: StepRun = {
    signal: new AbortController().signal,
    recall: (key) => memory[key],
    recallFrom: () => undefined,
    // As Redis gives it back.
    remember: async (more) => void Object.assign(memory, JSON.parse(JSON.stringify(more))),
    report: () => undefined,
  };
  const systems = {
    cluster: {
      listBindings: async (role: typeof ROLE) =>
        [...bindings.values()].filter((one) => one.role.name === role.name),
      deleteBinding: async (name: string) => void bindings.delete(name),
      applyBinding: async (name: string, _role: typeof ROLE, group: string) =>
        void bindings.set(name, binding(name, [group])),
      restBinding: async (name: string) => void bindings.set(name, binding(name, [])),
    },
  };
  const job = { spec: { setup: setupSpec() }, systems } as unknown as TeardownJob;
  return { bindings, step: bindingsStep(job), run };
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
