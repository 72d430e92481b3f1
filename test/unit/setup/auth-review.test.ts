import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/domain/json.ts';
import { isCoveredBy, isRestOf, type Plan } from '../../../src/domain/requests/plan.ts';
import { authObstacles } from '../../../src/domain/setup/auth-review.ts';
import type { AuthKeys } from '../../../src/domain/setup/auth-values.ts';
import type { ObservedSetup } from '../../../src/domain/setup/setup.ts';
import { planSetup } from '../../../src/domain/setup/setup-plan.ts';
import { bareWorld, GROUP_ID, NOW, setupSpec } from '../../support/setup-samples.ts';

const GROUP = `kasten_azure_${GROUP_ID}`;
const NEW = 'kasten_azure_<the new group>';

function world(auth: JsonObject, changed: Partial<ObservedSetup['release']> = {}): ObservedSetup {
  const bare = bareWorld();
  return { ...bare, release: { ...bare.release, values: { auth }, ...changed } };
}

function withGroup(observed: ObservedSetup): ObservedSetup {
  const [admin] = Object.values(observed.levels);
  if (admin === undefined) throw new Error('no level');
  const group = {
    objectId: GROUP_ID,
    displayName: 'Kasten Users',
    members: [],
    adopted: [],
    sharedWith: [],
  };
  return { ...observed, levels: { admin: { ...admin, group } } };
}

function plan(observed: ObservedSetup, signIn = setupSpec().signIn): Plan {
  return planSetup(setupSpec({ signIn }), observed, NOW);
}

function differencesOf({ changes }: Plan): Record<string, readonly [string | undefined, string | undefined]> {
  const release = changes.find(({ id }) => id === 'release');
  return Object.fromEntries(
    (release?.differences ?? []).map(({ path, before, after }) => [path, [before, after]]),
  );
}

describe("K10's list of allowed groups in the plan", () => {
  it('gets the group that is let in, and nobody becomes an administrator by that', () => {
    const listed = plan(world({ groupAllowList: ['okta-admins'] }));
    expect(differencesOf(listed)).toMatchObject({
      'auth.groupAllowList': ['["okta-admins"]', `["okta-admins","${NEW}"]`],
      'auth.k10AdminGroups': [undefined, '["okta-admins"]'],
    });
    expect(listed.notes.join('\n')).toContain('K10 drops every group that is not on auth.groupAllowList');
  });

  it('leaves the administrators that K10 names itself', () => {
    const auth = { groupAllowList: ['a', 'b'], k10AdminGroups: ['b'] };
    expect(differencesOf(plan(world(auth)))['auth.k10AdminGroups']).toBeUndefined();
  });

  it.each([[{}], [{ groupAllowList: [] }], [{ groupAllowList: null }], [{ groupAllowList: [GROUP] }]])(
    'stays as it is if the group passes: %j',
    (auth) => {
      const differences = differencesOf(plan(withGroup(world(auth))));
      expect(differences['auth.groupAllowList']).toBeUndefined();
      expect(differences['auth.k10AdminGroups']).toBeUndefined();
    },
  );

  it('is still what was approved once the group is made, and nothing else is', () => {
    const auth = { groupAllowList: ['okta-admins'] };
    const approved = plan(world(auth));
    const made = plan(withGroup(world(auth)));
    expect(isCoveredBy(made, approved)).toBe(true);
    const [first = '', ...others] = ['okta-admins', 'evil'];
    const pushed = plan(withGroup(world({ groupAllowList: [first, ...others] })));
    expect(isCoveredBy(pushed, approved)).toBe(false);
    const smuggled = {
      ...made,
      changes: made.changes.map((change) => ({
        ...change,
        differences: change.differences.map((difference) => ({
          ...difference,
          ...(difference.path === 'auth.groupAllowList' && { after: `["okta-admins","${GROUP}","evil"]` }),
        })),
      })),
    };
    expect(isCoveredBy(smuggled, approved)).toBe(false);
  });

  it('is handed over with the group that is not made yet, and covers the same values with it', () => {
    const keeper = { by: 'flux' as const, name: 'k10' };
    const auth = { groupAllowList: ['okta-admins'] };
    const approved = plan(world(auth, { managedBy: keeper }));
    expect(approved.handOver?.values).toContain(`- ${NEW}`);
    const made = plan(withGroup(world(auth, { managedBy: keeper })));
    expect(made.handOver?.values).toContain(`- ${GROUP}`);
    expect(isRestOf(made, approved)).toBe(true);
  });
});

describe("what K10's values say about who gets in", () => {
  it('loses the Secret that the chart would read instead of the values', () => {
    const one = plan(world({ oidcAuth: { enabled: true, secretName: 'by-hand' } }));
    expect(differencesOf(one)['auth.oidcAuth.secretName']).toEqual(['"by-hand"', undefined]);
    expect(one.notes.join('\n')).toContain('A tear-down puts it back');
  });

  it('names the administrators that the chart makes', () => {
    const { notes } = plan(
      world({ k10AdminUsers: ['ada@example.com'], k10AdminGroups: ['a'], groupAllowList: ['a', GROUP] }),
    );
    expect(notes.join('\n')).toContain(
      "Administrators by K10's chart, besides this set-up: the user ada@example.com, the group a.",
    );
  });

  it('warns if the chart makes an administrator of a group that is let in', () => {
    const byList = plan(withGroup(world({ groupAllowList: [GROUP] })));
    expect(byList.warnings?.join()).toMatch(
      /Kasten Users, the group for admin.*auth\.groupAllowList names it/,
    );
    const named = plan(withGroup(world({ groupAllowList: [GROUP], k10AdminGroups: ['a'] })));
    expect(named.warnings).toBeUndefined();
  });

  it('shows what stays, with the value of what is known and the name of what is not', () => {
    const auth = {
      secureCookies: true,
      samlAuth: { metadata: 'confidential' },
      oidcAuth: { sessionDuration: '24h', logoutURL: '', refreshTokenSupport: null, futureKey: 'hidden' },
    };
    const notes = plan(world(auth)).notes.join('\n');
    expect(notes).toContain(
      'Stays as it is: auth.oidcAuth.sessionDuration ("24h"), auth.secureCookies (true).',
    );
    expect(notes).toContain('Kastellan does not know what it does: auth.samlAuth, auth.oidcAuth.futureKey.');
    expect(notes).not.toContain('confidential');
    expect(notes).not.toContain('hidden');
  });

  it('is on one line each, however long', () => {
    const k10AdminUsers = Array.from({ length: 9 }, (_, index) => `user\n${index}${'x'.repeat(200)}`);
    const [note = ''] = plan(world({ k10AdminUsers })).notes.filter((one) =>
      one.startsWith('Administrators'),
    );
    expect(note).toContain('and 4 more');
    expect(note).not.toContain('\n');
    expect(note.length).toBeLessThan(700);
  });

  it('warns of refresh tokens that Entra would not give, and of cookies over http', () => {
    const auth = { secureCookies: false, oidcAuth: { refreshTokenSupport: true } };
    expect(plan(world(auth)).warnings).toHaveLength(2);
    const signIn = { ...setupSpec().signIn, scopes: 'openid offline_access' };
    expect(plan(world(auth), signIn).warnings).toHaveLength(1);
  });
});

describe('what keeps a set-up from being carried out', () => {
  const SAML = new Map([['samlAuth', new Set(['enabled'])]]);
  const codes = (auth: JsonObject, chart: AuthKeys = SAML): string[] =>
    authObstacles({ auth }, chart).map(({ code }) => code);

  it('is a way of signing in that Kastellan does not know', () => {
    expect(codes({ samlAuth: { enabled: true } })).toEqual(['setup.sign-in-unknown']);
    expect(codes({ samlAuth: { enabled: false } })).toEqual([]);
    // What is on beside a known way is none: K10 takes one.
    expect(codes({ samlAuth: { enabled: true }, tokenAuth: { enabled: true } })).toEqual([]);
    // The chart does nothing with what it does not know.
    expect(codes({ samlAuth: { enabled: true } }, new Map())).toEqual([]);
  });

  it.each(['1 hour', '1h 30m', '0', '0h', '-1h', 3600, '1d', true])(
    'is a session whose duration K10 cannot read: %j',
    (sessionDuration) => {
      expect(codes({ oidcAuth: { sessionDuration } })).toEqual(['setup.session-duration']);
    },
  );

  it.each(['', null, '1h', '1h30m', '90m', '1.5h', '500ms', '+2h'])(
    'is not a session of %j',
    (sessionDuration) => {
      expect(codes({ oidcAuth: { sessionDuration } })).toEqual([]);
    },
  );
});
