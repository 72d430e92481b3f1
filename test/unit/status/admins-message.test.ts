import { describe, expect, it } from '@jest/globals';
import { validateMessage } from '../../../sandbox/slack/block-kit/validate.ts';
import { adminPaths } from '../../../src/domain/setup/admin-paths.ts';
import { removalOf } from '../../../src/domain/setup/admin-words.ts';
import type { RbacSubject, RoleGrant } from '../../../src/domain/setup/role-grants.ts';
import { adminsCsv, adminsMessage, needsFile } from '../../../src/slack/status/admins-message.ts';
import type { AdminPathView, ClusterAdmins } from '../../../src/workflows/status/admins-report.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const UNTIL = '2026-11-30T14:02:00Z';
const ADMINS: ClusterAdmins = {
  cluster: 'prod-eu',
  levels: [
    {
      level: 'admin',
      group: 'Kasten Users',
      roles: ['k10-admin', 'k10-ns-admin'],
      people: [
        { name: 'Ada Asker', disabled: false, how: 'standing' },
        { name: 'Eve Oncall', disabled: false, how: { until: UNTIL, breakGlass: true } },
        { name: 'Max Muster', disabled: true, how: 'unaccounted' },
      ],
      more: 0,
    },
  ],
  others: [],
  own: { k10: 4, cluster: 2, kastellan: 3 },
  breakGlass: { level: 'admin', userGroups: [], users: ['U0EVE'] },
  unseen: [],
};

describe('the answer to /kasten who', () => {
  const shown = JSON.stringify(adminsMessage(ADMINS).blocks);

  it('names people, for good or until when, and whom nobody accounts for', () => {
    expect(validateMessage(adminsMessage(ADMINS))).toEqual([]);
    expect(shown).toMatch(/through the group Kasten Users \(k10-admin, k10-ns-admin\), 3 people/);
    expect(shown).toMatch(
      /Ada Asker, Eve Oncall until <!date\^[^>]+> \(break-glass\) and Max Muster \(not known to Kastellan, account disabled\)/,
    );
  });

  it('says who may break the glass, and that tokens work whatever the sign-in', () => {
    expect(shown).toContain('<@U0EVE> may take admin at once by break-glass');
    expect(shown).toContain('K10 also takes Kubernetes tokens');
  });

  it('shows ways that nobody accepted with what ends them, and those accepted with by whom', () => {
    const others = [
      path({ id: 'a'.repeat(12) }),
      path({ who: 'user max', accepted: { by: 'U0BEN', at: UNTIL } }),
    ];
    const text = JSON.stringify(adminsMessage({ ...ADMINS, others }).blocks);
    expect(text).toContain('To end it: Delete the binding. `kubectl delete clusterrolebinding ops`');
    expect(text).toContain(`"value":"${'a'.repeat(12)} prod-eu"`);
    expect(text).toMatch(/User max\* by ClusterRoleBinding ops to k10-admin · Accepted by <@U0BEN>/);
    expect(text.match(/"admin\.accept"/g)).toHaveLength(1);
  });

  it('sends what does not fit as a file, and counts it in the message', () => {
    const others = Array.from({ length: 40 }, (_, index) =>
      path({ id: index.toString(16).padStart(12, '0'), who: `user u${index}` }),
    );
    const many = { ...ADMINS, others };
    expect(needsFile(ADMINS)).toBe(false);
    expect(needsFile(many)).toBe(true);
    const message = adminsMessage(many);
    expect(validateMessage(message)).toEqual([]);
    expect(JSON.stringify(message.blocks)).toContain('25 more ways');
    expect(adminsCsv(many).split('\r\n')).toHaveLength(45);
    expect(adminsCsv(many)).toContain(
      '"user u39","ClusterRoleBinding ops to k10-admin","somebody else","","","","","Delete the binding. kubectl delete clusterrolebinding ops"',
    );
  });
});

describe('what ends a way to administer K10', () => {
  const ADA: RbacSubject = { kind: 'User', name: 'ada' };

  it.each<[string, Partial<RoleGrant['binding']>, RbacSubject[], string]>([
    ['deletes a binding by hand', {}, [ADA], 'kubectl delete clusterrolebinding ops'],
    [
      'edits one that is for others, too',
      { kind: 'RoleBinding' },
      [ADA, { kind: 'User', name: 'eve' }],
      'kubectl edit rolebinding -n kasten-io ops',
    ],
    ["edits Kastellan's own", { madeBy: 'kastellan' }, [ADA], 'kubectl edit clusterrolebinding ops'],
    ["edits that of K10's chart", { madeBy: 'k10' }, [ADA], 'kubectl edit clusterrolebinding ops'],
    [
      'is safe to paste, whatever the binding is called',
      { name: "-x'; rm -rf ~ #" },
      [ADA],
      `kubectl delete clusterrolebinding -- '-x'\\''; rm -rf ~ #'`,
    ],
  ])('%s', (_what, binding, subjects, command) => {
    expect(removalFor(binding, subjects)?.command).toBe(command);
  });

  it('is an upgrade where a value names somebody', () => {
    const removal = removalFor({ madeBy: 'k10' }, [ADA], {
      oidcAuth: { enabled: true },
      k10AdminUsers: ['ada'],
    });
    expect(removal?.words).toBe(
      'Take ada out of auth.k10AdminUsers in the values of the release, then upgrade it with them.',
    );
    expect(removal?.command).toContain('helm upgrade k10 kasten/k10 -n kasten-io');
  });

  it('is a set-up where nobody has to sign in', () => {
    expect(removalFor({}, [], {})?.command).toBe('/kasten setup prod-eu');
  });
});

function removalFor(
  binding: Partial<RoleGrant['binding']>,
  subjects: readonly RbacSubject[],
  auth: Record<string, never[] | object> = { oidcAuth: { enabled: true } },
) {
  const spec = setupSpec();
  const grant: RoleGrant = {
    binding: { kind: 'ClusterRoleBinding', name: 'ops', madeBy: 'other', ...binding },
    role: { kind: 'ClusterRole', name: 'k10-admin' },
    rules: [],
    subjects,
  };
  const roleGrants = { grants: [grant], ownAccounts: [], unseen: [] };
  const values = { auth } as unknown as Parameters<typeof adminPaths>[0]['values'];
  const [first] = adminPaths({ spec, levels: {}, roleGrants, values });
  return first && removalOf(first, spec, 'prod-eu');
}

function path(changed: Partial<AdminPathView>): AdminPathView {
  return {
    id: '0123456789ab',
    who: 'user ada@example.com',
    via: 'ClusterRoleBinding ops to k10-admin',
    everybody: false,
    removal: { words: 'Delete the binding.', command: 'kubectl delete clusterrolebinding ops' },
    ...changed,
  };
}
