import { describe, expect, it } from '@jest/globals';
import type { AtEnd } from '../../../src/domain/requests/rules.ts';
import { roleName } from '../../../src/domain/setup/naming.ts';
import { bindingsStep } from '../../../src/workflows/setup/bindings.ts';
import type { SetupJob } from '../../../src/workflows/setup/systems.ts';
import { binding, memoryBindings } from '../../support/memory-bindings.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const NAME = 'kastellan-admin-k10-admin';

/** The binding of a level at rest, and the step of a set-up that puts these people into its group for good. */
function atRest(atEnd: AtEnd, members: readonly string[]) {
  const { cluster, run, bindings } = memoryBindings(binding(NAME, []));
  const group = { kind: 'existing' as const, objectId: 'group-1' };
  const level = { level: 'admin', group, members, roles: ['admin' as const] };
  const spec = setupSpec({ levels: [level] as never });
  const job = { spec, systems: { cluster }, atEnd: () => atEnd } as unknown as SetupJob;
  const knowsGroup = { ...run, recallFrom: () => 'group-1' };
  return { step: bindingsStep(job, spec.levels[0] as never), run: knowsGroup, bindings };
}

describe('a binding that rests until somebody is given access', () => {
  const groups = ({ bindings }: ReturnType<typeof atRest>) => bindings.get(NAME)?.groups;

  it('goes on to rest where set-up adds nobody, and where grants wake it for people who are in the group', async () => {
    for (const world of [atRest('both', []), atRest('binding', ['U0ADA'])]) {
      await world.step.apply(world.run);
      expect(groups(world)).toEqual([]);
    }
  });

  it('is woken for good by a set-up that adds members for good, and rests again when that is undone', async () => {
    const world = atRest('both', ['U0ADA']);
    await world.step.apply(world.run);
    expect(groups(world)).toEqual([expect.stringContaining('group-1')]);
    // As after a kill in the middle.
    await world.step.apply(world.run);
    await world.step.undo?.(world.run);
    expect(groups(world)).toEqual([]);
  });
});

describe('a binding of an earlier Kastellan that gives a role in the whole cluster', () => {
  const name = 'kastellan-fleet-k10-mc-admin';
  const role = roleName('k10', 'mc-admin');

  function world(groups: readonly string[], members: readonly string[], atEnd: AtEnd) {
    const kept = memoryBindings({ name, role, groups, managedByKastellan: true, tooWide: true });
    const group = { kind: 'existing' as const, objectId: 'group-1' };
    const level = { level: 'fleet', group, members, roles: ['mc-admin' as const] };
    const spec = setupSpec({ levels: [level] as never });
    const job = { spec, systems: { cluster: kept.cluster }, atEnd: () => atEnd } as unknown as SetupJob;
    const step = bindingsStep(job, spec.levels[0] as never);
    return { step, run: { ...kept.run, recallFrom: () => 'group-1' }, bound: () => kept.bindings.get(name) };
  }

  it('is replaced, and what replaces it stays if the set-up is undone', async () => {
    const { step, run, bound } = world(['kasten_azure_group-1'], [], 'membership');
    await step.apply(run);
    const replaced = bound();
    expect(replaced).not.toHaveProperty('tooWide');
    expect(replaced?.groups).toEqual([expect.stringContaining('group-1')]);
    await step.undo?.(run);
    expect(bound()).toEqual(replaced);
  });

  it('is replaced by one that rests where it rested', async () => {
    for (const atEnd of ['binding', 'both'] as const) {
      const { step, run, bound } = world([], [], atEnd);
      await step.apply(run);
      expect(bound()).toMatchObject({ groups: [] });
      expect(bound()).not.toHaveProperty('tooWide');
    }
  });

  it('is replaced by one that lets in whoever has access for a time just then', async () => {
    const { step, run, bound } = world(['kasten_azure_group-1'], [], 'binding');
    await step.apply(run);
    expect(bound()).toMatchObject({ groups: ['kasten_azure_group-1'] });
    expect(bound()).not.toHaveProperty('tooWide');
  });
});
