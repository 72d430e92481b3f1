import type { Json } from '../../src/domain/json.ts';
import type { Binding } from '../../src/ports/cluster.ts';
import type { StepRun } from '../../src/workflows/requests/step.ts';

export const ADMIN_ROLE = { kind: 'ClusterRole' as const, name: 'k10-admin' };

export function binding(name: string, groups: readonly string[], managedByKastellan = true): Binding {
  return { name, role: ADMIN_ROLE, groups, managedByKastellan };
}

/** The bindings of a cluster in memory, and the run of a step that changes them. */
export function memoryBindings(...first: Binding[]) {
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
  const cluster = {
    listBindings: async (role: typeof ADMIN_ROLE) =>
      [...bindings.values()].filter((one) => one.role.name === role.name),
    deleteBinding: async (name: string) => void bindings.delete(name),
    applyBinding: async (name: string, _role: typeof ADMIN_ROLE, group: string) =>
      void bindings.set(name, binding(name, [group])),
    suspendBinding: async (name: string) => void bindings.set(name, binding(name, [])),
  };
  return { bindings, cluster, run };
}
