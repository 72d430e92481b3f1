import { describe, expect, it } from '@jest/globals';
import type { RbacSubject, RoleGrant } from '../../../src/domain/setup/role-grants.ts';
import { planSetup } from '../../../src/domain/setup/setup-plan.ts';
import { bareWorld, NOW, setupSpec } from '../../support/setup-samples.ts';

describe('the plan of a set-up', () => {
  it('says nothing of administrators where only K10 itself is one', () => {
    const plan = planOf({ kind: 'ServiceAccount', name: 'k10-k10', namespace: 'kasten-io' }, 'k10');
    expect(JSON.stringify(plan)).not.toContain('administer');
  });

  it('names who else can administer K10, which it does not make', () => {
    const plan = planOf({ kind: 'User', name: 'ada@example.com' });
    expect(plan.notes.at(-1)).toBe(
      '1 more way to administer this K10, which this set-up does not make: user ada@example.com (ClusterRoleBinding ops to k10-admin). /kasten who shows each.',
    );
    expect(plan.warnings).toBeUndefined();
  });

  it('warns at its head where everybody can administer K10', () => {
    const plan = planOf({ kind: 'Group', name: 'system:authenticated' });
    expect(plan.warnings).toEqual([
      'This K10 stays open: every account that the cluster knows (group system:authenticated) can administer it, by the ClusterRoleBinding ops to k10-admin. This set-up does not change that.',
    ]);
  });

  it('counts those beyond the third', () => {
    const users = ['a', 'b', 'c', 'd', 'e'].map((name): RbacSubject => ({ kind: 'User', name }));
    const [note] = planSetup(setupSpec(), bareWorld({ roleGrants: bound(users) }), NOW).notes.slice(-1);
    expect(note).toMatch(/^5 more ways .*user c \(.*\); 2 more\. \/kasten who/);
  });
});

function planOf(subject: RbacSubject, madeBy: RoleGrant['binding']['madeBy'] = 'other') {
  return planSetup(setupSpec(), bareWorld({ roleGrants: bound([subject], madeBy) }), NOW);
}

function bound(subjects: readonly RbacSubject[], madeBy: RoleGrant['binding']['madeBy'] = 'other') {
  const grant: RoleGrant = {
    binding: { kind: 'ClusterRoleBinding', name: 'ops', madeBy },
    role: { kind: 'ClusterRole', name: 'k10-admin' },
    rules: [],
    subjects,
  };
  return { grants: [grant], ownAccounts: [], unseen: [] };
}
