import { describe, expect, it } from '@jest/globals';
import { type AdminPath, adminPaths, foreignPaths } from '../../../src/domain/setup/admin-paths.ts';
import type { AdminPower } from '../../../src/domain/setup/admin-power.ts';
import type { RbacRule, RbacSubject, RoleGrant } from '../../../src/domain/setup/role-grants.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const GROUP_ID = '0a1b2c3d-1111-2222-3333-444455556666';
const spec = setupSpec();
const LEVEL_GROUP = group(`${spec.signIn.groupPrefix}${GROUP_ID}`);
const ADA: RbacSubject = { kind: 'User', name: 'ada@example.com' };
const K10_ACCOUNT = account('k10-k10', 'kasten-io');
const K10_ADMINS = group('k10:admins');
const ADMIN = { kind: 'ClusterRole', name: 'k10-admin' } as const;
const NS_ADMIN = { kind: 'Role', name: 'k10-ns-admin' } as const;
const CLUSTER_ADMIN = { kind: 'ClusterRole', name: 'cluster-admin' } as const;
const SOME_ROLE = { kind: 'ClusterRole', name: 'shop' } as const;
const EVERYTHING = rule('*', '*', '*');
const OIDC = { auth: { oidcAuth: { enabled: true } } };

describe('who can administer K10', () => {
  it('is the group of a level by the bindings of Kastellan, and nobody has to accept that', () => {
    const paths = pathsOf([
      grant(ADMIN, [LEVEL_GROUP], { madeBy: 'kastellan' }),
      grant(NS_ADMIN, [LEVEL_GROUP], { madeBy: 'kastellan' }),
    ]);
    expect(paths).toMatchObject([
      { origin: 'level', level: 'admin' },
      { origin: 'level', level: 'admin' },
    ]);
    expect(foreignPaths(paths)).toEqual([]);
  });

  it("is whoever was added to Kastellan's own binding by hand", () => {
    const [extra] = foreignPaths(pathsOf([grant(ADMIN, [LEVEL_GROUP, ADA], { madeBy: 'kastellan' })]));
    expect(extra).toMatchObject({ subject: ADA, via: { madeBy: 'kastellan', alone: false } });
  });

  it('is a group of a level that somebody bound to more than the level gives', () => {
    const paths = foreignPaths(pathsOf([grant(CLUSTER_ADMIN, [LEVEL_GROUP], {}, [EVERYTHING])]));
    expect(paths).toMatchObject([{ subject: LEVEL_GROUP, via: { power: 'everything' } }]);
  });

  it.each(['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts'])(
    'is everybody where %s holds such a role, and no component of Kubernetes excuses that',
    (name) => {
      expect(pathsOf([grant(CLUSTER_ADMIN, [group(name)], {}, [EVERYTHING])])).toMatchObject([
        { everybody: true, origin: 'other' },
      ]);
    },
  );

  it("leaves K10's, Kubernetes' and Kastellan's own accounts to themselves", () => {
    const paths = adminPaths({
      ...sources([
        grant(CLUSTER_ADMIN, [K10_ACCOUNT], { madeBy: 'k10' }, [EVERYTHING]),
        grant(ADMIN, [K10_ADMINS], { madeBy: 'k10' }),
        grant(CLUSTER_ADMIN, [K10_ACCOUNT], { name: 'once-more' }, [EVERYTHING]),
        grant(CLUSTER_ADMIN, [group('system:masters'), account('pv-binder', 'kube-system')], {}, [
          EVERYTHING,
        ]),
        grant(SOME_ROLE, [account('kastellan', 'kastellan')], {}, [rule('bind', RBAC, 'clusterroles')]),
      ]),
    });
    expect(paths.map(({ origin }) => origin)).toEqual([
      'k10',
      'k10',
      'k10',
      'cluster',
      'cluster',
      'kastellan',
    ]);
  });

  it('finds a component of Kubernetes, and k10:admins, where somebody bound them to roles of K10 by hand', () => {
    const paths = pathsOf([
      grant(ADMIN, [group('system:nodes'), account('coredns', 'kube-system'), K10_ADMINS], {
        name: 'by-hand',
      }),
    ]);
    expect(foreignPaths(paths)).toHaveLength(3);
  });

  it("names the value by which K10's chart binds somebody, once, however many roles that gives", () => {
    const values = { auth: { ...OIDC.auth, k10AdminUsers: [ADA.name], k10AdminGroups: ['ops'] } };
    const subjects = [K10_ADMINS, ADA, group('ops'), { kind: 'User' as const, name: 'by-hand' }];
    const grants = [ADMIN, NS_ADMIN].map((role) => grant(role, subjects, { madeBy: 'k10', name: role.name }));
    const paths = foreignPaths(adminPaths(sources(grants, values)));
    expect(paths.map(({ subject, via }) => [subject?.name, via.by === 'values' ? via.key : via.by])).toEqual([
      ['ada@example.com', 'auth.k10AdminUsers'],
      ['ops', 'auth.k10AdminGroups'],
      ['by-hand', 'binding'],
      ['by-hand', 'binding'],
    ]);
  });

  it('counts a group that groupAllowList makes an administrator, because nobody is named as one', () => {
    const values = { auth: { ...OIDC.auth, groupAllowList: ['devs'] } };
    const paths = adminPaths(sources([grant(ADMIN, [group('devs')], { madeBy: 'k10' })], values));
    expect(paths).toMatchObject([{ via: { by: 'values', key: 'auth.groupAllowList' }, origin: 'other' }]);
  });

  it.each([
    ['anybody, where no way to sign in is switched on', {}, true],
    ['whoever knows the password', { auth: { basicAuth: { enabled: true } } }, false],
  ])('is %s', (_who, values, everybody) => {
    expect(adminPaths(sources([], values))).toMatchObject([
      { subject: undefined, via: { by: 'sign-in' }, origin: 'other', everybody },
    ]);
  });

  it('says nothing of sign-in where tokens or Entra decide, or the values are not known', () => {
    for (const values of [OIDC, { auth: { tokenAuth: { enabled: true } } }]) {
      expect(adminPaths(sources([], values))).toEqual([]);
    }
    expect(adminPaths({ ...sources([]), values: undefined })).toEqual([]);
  });
});

const RBAC = 'rbac.authorization.k8s.io';

describe('a role amounts to administering K10', () => {
  it.each<[string, AdminPower | undefined, RbacRule[], Partial<RoleGrant['binding']>?]>([
    ['by all rights', 'everything', [EVERYTHING]],
    ["by changing K10's configuration", 'k10', [rule('*', 'config.kio.kasten.io', '*')]],
    ['by binding any role', 'hand-out', [rule('bind', RBAC, '*')]],
    ["by binding K10's role", 'hand-out', [rule('bind', RBAC, 'clusterroles', ['k10-admin'])]],
    ['by rewriting roles', 'hand-out', [rule('escalate', '*', 'roles')]],
    ['by acting as somebody else', 'impersonate', [rule('impersonate', '', 'users')]],
    ['by tokens of service accounts', 'tokens', [rule('create', '', 'serviceaccounts/token')]],
    ['by the Secrets of its namespace', 'namespace', [rule('*', '', 'secrets')], { kind: 'RoleBinding' }],
    ['not by binding another role', undefined, [rule('bind', RBAC, 'clusterroles', ['view'])]],
    [
      'not by acting as people in one namespace',
      undefined,
      [rule('impersonate', '', 'users')],
      { kind: 'RoleBinding' },
    ],
    ['not by reading Secrets', undefined, [rule('get', '', 'secrets')]],
    ['not by changing one Secret', undefined, [rule('*', '', 'secrets', ['mine'])]],
    ['not by reading its configuration', undefined, [rule('get', 'config.kio.kasten.io', '*')]],
    ['not by rights of other groups', undefined, [rule('*', 'apps', '*')]],
  ])('%s', (_how, power, rules, binding = {}) => {
    const [path] = pathsOf([grant(SOME_ROLE, [ADA], binding, rules)]);
    expect(path?.via.by === 'binding' ? path.via.power : undefined).toBe(power);
  });

  it('by its name where its rules cannot be read', () => {
    const unread = [CLUSTER_ADMIN, ADMIN, SOME_ROLE].map((role) => ({
      ...grant(role, [ADA]),
      rules: undefined,
    }));
    expect(pathsOf(unread)).toMatchObject([{ via: { power: 'everything' } }, { via: { power: 'k10' } }]);
  });
});

describe('what operators accept', () => {
  const id = (grants: RoleGrant[]): string | undefined => pathsOf(grants)[0]?.id;
  const before = id([grant(ADMIN, [ADA])]);

  it('is the same path when it is looked at again, or comes back', () => {
    expect(id([grant(ADMIN, [ADA])])).toBe(before);
    expect(before).toMatch(/^[0-9a-f]{12}$/);
  });

  it.each([
    ['another subject', [grant(ADMIN, [{ kind: 'User', name: 'eve@example.com' }])]],
    ['a group of the same name', [grant(ADMIN, [group(ADA.name)])]],
    ['another role', [grant(NS_ADMIN, [ADA])]],
    ['another binding', [grant(ADMIN, [ADA], { name: 'another' })]],
    ['a role that allows more by now', [grant(ADMIN, [ADA], {}, [EVERYTHING])]],
  ] as const)('is not %s', (_what, grants) => {
    expect(id([...grants])).not.toBe(before);
  });
});

function pathsOf(grants: readonly RoleGrant[]): AdminPath[] {
  return adminPaths(sources(grants));
}

function sources(grants: readonly RoleGrant[], values: object = OIDC): Parameters<typeof adminPaths>[0] {
  return {
    spec,
    levels: {
      admin: {
        group: {
          objectId: GROUP_ID,
          displayName: 'Kasten Users',
          members: [],
          adopted: [],
          sharedWith: [],
        },
      },
    },
    roleGrants: { grants, ownAccounts: ['system:serviceaccount:kastellan:kastellan'], unseen: [] },
    values: values as Parameters<typeof adminPaths>[0]['values'],
  };
}

function grant(
  role: RoleGrant['role'],
  subjects: readonly RbacSubject[],
  binding: Partial<RoleGrant['binding']> = {},
  rules: readonly RbacRule[] = [],
): RoleGrant {
  const kind = role.kind === 'Role' ? 'RoleBinding' : 'ClusterRoleBinding';
  return { binding: { kind, name: 'some', madeBy: 'other', ...binding }, role, rules, subjects };
}

function rule(verb: string, apiGroup: string, resource: string, resourceNames: string[] = []): RbacRule {
  return { verbs: [verb], apiGroups: [apiGroup], resources: [resource], resourceNames };
}

function group(name: string): RbacSubject {
  return { kind: 'Group', name };
}

function account(name: string, namespace: string): RbacSubject {
  return { kind: 'ServiceAccount', name, namespace };
}
