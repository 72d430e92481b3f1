import { describe, expect, it } from '@jest/globals';
import type { EntraAccount } from '../../../src/domain/person.ts';
import { planDetails } from '../../../src/domain/requests/details.ts';
import { isCoveredBy, isEmpty, isRestOf, type Plan, planDigest } from '../../../src/domain/requests/plan.ts';
import { authDifferences, withSignIn } from '../../../src/domain/setup/auth-values.ts';
import { roleName } from '../../../src/domain/setup/naming.ts';
import type { GroupReview, MemberOf, ObservedSetup } from '../../../src/domain/setup/setup.ts';
import { desiredApplication, planSetup } from '../../../src/domain/setup/setup-plan.ts';
import { bareWorld, GROUP_ID, NOW, setupSpec } from '../../support/setup-samples.ts';

const CREDENTIAL = { clientSecretName: 'kastellan-k10-oidc' };

/** The world after the set-up that `setupSpec` asks for. */
function finishedWorld(changed: Partial<ObservedSetup> = {}): ObservedSetup {
  const bare = bareWorld();
  const spec = setupSpec();
  const [first] = Object.values(bare.levels);
  return bareWorld({
    levels: {
      admin: {
        group: {
          objectId: GROUP_ID,
          displayName: 'Kasten Users',
          members: [],
          adopted: [],
          sharedWith: [],
          unusual: { groups: [], disabled: [], guests: [] },
        },
        members: (first?.members ?? []).map((member) => ({ ...member, present: true })),
        bindings: (first?.bindings ?? []).map((binding) => ({ ...binding, existing: 'kastellan-admin' })),
        assigned: false,
      },
    },
    application: {
      objectId: 'app-object',
      clientId: 'client',
      settings: desiredApplication(spec, undefined),
      secrets: [{ keyId: 'key', displayName: null, hint: 'abc', endsAt: '2027-05-22T09:00:00Z' }],
    },
    servicePrincipal: { objectId: 'sp', enabled: true, assignmentRequired: false },
    credential: { clientId: 'client', keyId: 'key', hasSecret: true },
    release: { ...bare.release, values: withSignIn(bare.release.values, spec, bare.release, CREDENTIAL, []) },
    ...changed,
  });
}

function ids(plan: Plan): string[] {
  return plan.changes.map(({ id }) => id);
}

describe('the plan for a bare K10', () => {
  const plan = planSetup(setupSpec(), bareWorld(), NOW);

  it('names every object that will be made', () => {
    expect(ids(plan)).toEqual([
      'group:admin',
      'members:admin',
      'application',
      'service-principal',
      'secret',
      'credential',
      'binding:admin:k10-admin',
      'binding:admin:k10-ns-admin',
      'release',
    ]);
  });

  it('says which other way of signing in is switched off, and that the version stays', () => {
    const release = plan.changes.find(({ id }) => id === 'release');
    expect(release?.summary).toContain('7.5.10, stays at that version');
    expect(release?.summary).toContain('tokenAuth off');
  });

  it('says what restarts and what is running', () => {
    expect(plan.notes.join()).toContain('2 Deployments');
    expect(plan.notes.join()).toContain('Running backups and restores: none');
  });

  it('shows the secret by reference and never by value', () => {
    const text = JSON.stringify(plan);
    expect(text).toContain('clientSecretName');
    expect(text).not.toContain('clientID');
  });
});

describe('the plan for a K10 that is set up', () => {
  it('is empty', () => {
    const plan = planSetup(setupSpec(), finishedWorld(), NOW);
    expect(plan.changes).toEqual([]);
    expect(isEmpty(plan)).toBe(true);
  });

  it('shows just what somebody changed by hand', () => {
    const finished = finishedWorld();
    const admin = finished.levels['admin'];
    if (admin === undefined) throw new Error('no level');
    const bindings = admin.bindings.map((binding) =>
      binding.role.name === 'k10-admin' ? { ...binding, existing: undefined } : binding,
    );
    const drifted = { ...finished, levels: { admin: { ...admin, bindings } } };
    expect(ids(planSetup(setupSpec(), drifted, NOW))).toEqual(['binding:admin:k10-admin']);
  });

  it('binds mc-admin in the namespace of the multi-cluster system, and says what that replaces', () => {
    const finished = finishedWorld();
    const admin = finished.levels['admin'];
    if (admin === undefined) throw new Error('no level');
    const tooWide = 'kastellan-admin-k10-mc-admin';
    const bindings = [...admin.bindings, { role: roleName('k10', 'mc-admin'), existing: undefined, tooWide }];
    const { changes } = planSetup(
      setupSpec(),
      { ...finished, levels: { admin: { ...admin, bindings } } },
      NOW,
    );
    expect(changes.map(({ sign, summary }) => `${sign} ${summary}`)).toEqual([
      '+ RoleBinding for admin: Kasten Users -> k10-mc-admin (kasten-io-mc)',
      `- ClusterRoleBinding ${tooWide} of an earlier Kastellan, which gives k10-mc-admin in the whole cluster`,
    ]);
  });

  it('wants a new secret once the one in use has ended', () => {
    const later = new Date('2027-06-01T00:00:00Z');
    const plan = planSetup(setupSpec(), finishedWorld(), later);
    expect(ids(plan)).toEqual(['secret', 'credential']);
    expect(plan.notes.join()).toContain('Deployments that read the secret');
  });

  it('wants the new secret in the values too, where the chart takes no reference', () => {
    const finished = finishedWorld();
    const release = { ...finished.release, knowsSecretReference: false };
    const later = new Date('2027-06-01T00:00:00Z');
    expect(ids(planSetup(setupSpec(), { ...finished, release }, later))).toEqual([
      'secret',
      'credential',
      'release',
    ]);
  });

  it('shows a value that was changed in the release, with before and after', () => {
    const finished = finishedWorld();
    const values = structuredClone(finished.release.values) as { auth: { oidcAuth: { prompt: string } } };
    values.auth.oidcAuth.prompt = 'login';
    const release = { ...finished.release, values: values as unknown as ObservedSetup['release']['values'] };
    const plan = planSetup(setupSpec(), { ...finished, release }, NOW);
    expect(plan.changes[0]?.differences).toEqual([
      { path: 'auth.oidcAuth.prompt', before: '"login"', after: '"select_account"' },
    ]);
  });

  it('keeps redirect URIs that somebody else added', () => {
    const finished = finishedWorld();
    if (finished.application === undefined) throw new Error('no application');
    const settings = {
      ...finished.application.settings,
      redirectUris: ['https://other.example.com/cb', ...finished.application.settings.redirectUris],
    };
    const plan = planSetup(
      setupSpec(),
      { ...finished, application: { ...finished.application, settings } },
      NOW,
    );
    expect(plan.changes).toEqual([]);
  });
});

describe('special worlds', () => {
  it('cuts the lifetime of the secret to what the tenant allows, and says so', () => {
    const plan = planSetup(setupSpec(), bareWorld({ secretPolicy: { maxLifetimeDays: 90 } }), NOW);
    expect(plan.changes.find(({ id }) => id === 'secret')?.summary).toBe(
      'client secret valid 90 days, the longest this tenant allows',
    );
  });

  it('hands the values over where Argo CD keeps the release, and leaves the release alone', () => {
    const bare = bareWorld();
    const release = { ...bare.release, managedBy: { by: 'argo-cd' as const, name: 'argocd/k10' } };
    const plan = planSetup(setupSpec(), { ...bare, release }, NOW);
    expect(ids(plan)).not.toContain('release');
    expect(plan.handOver?.keeper).toBe('Argo CD');
    expect(plan.handOver?.values).toContain('clientSecretName: kastellan-k10-oidc');
    expect(plan.handOver?.values).toContain('enabled: true');
  });

  it('puts the secret into the values, hidden, where the chart takes no reference', () => {
    const bare = bareWorld();
    const release = { ...bare.release, knowsSecretReference: false, inlineSecretCurrent: false };
    const differences = planSetup(setupSpec(), { ...bare, release }, NOW).changes.find(
      ({ id }) => id === 'release',
    )?.differences;
    expect(differences).toContainEqual({ path: 'auth.oidcAuth.clientSecret', after: '(secret)' });
  });

  it('adopts an existing group without calling that a change', () => {
    const finished = finishedWorld();
    const spec = setupSpec();
    const levels = spec.levels.map((level) => ({ ...level, group: { existingId: GROUP_ID } }));
    const plan = planSetup({ ...spec, levels }, finished, NOW);
    expect(plan.changes.map(({ sign }) => sign)).toEqual(['=']);
    expect(isEmpty(plan)).toBe(true);
  });
});

describe('an approval', () => {
  const approved = planSetup(setupSpec(), bareWorld(), NOW);

  it('covers what is left after an interruption, with the ids that became known meanwhile', () => {
    const { application: _made, ...finished } = finishedWorld();
    const half = {
      ...finished,
      application: undefined,
      credential: undefined,
      levels: withUnbound(finished),
    };
    const remaining = planSetup(setupSpec(), { ...half, release: bareWorld().release }, NOW);
    expect(ids(remaining)).toContain('binding:admin:k10-admin');
    expect(isCoveredBy(remaining, approved)).toBe(true);
  });

  it('does not cover a value that somebody changed meanwhile', () => {
    const bare = bareWorld();
    const values = {
      ...bare.release.values,
      auth: { tokenAuth: { enabled: true }, oidcAuth: { prompt: 'login' } },
    };
    const remaining = planSetup(setupSpec(), { ...bare, release: { ...bare.release, values } }, NOW);
    expect(isCoveredBy(remaining, planWithPrompt('consent'))).toBe(false);
    expect(isCoveredBy(remaining, planWithPrompt('login'))).toBe(true);
  });

  describe('of a chosen group', () => {
    const account = (name: string) => ({ objectId: `e-${name}`, name });
    const planOf = (
      adopted: readonly string[],
      review?: Partial<GroupReview>,
      alsoAdopted: readonly EntraAccount[] = [],
    ) => {
      const world = finishedWorld();
      const [admin] = Object.values(world.levels);
      if (admin?.group === undefined) throw new Error('no group');
      const memberOf = { directoryRoles: [], administrativeUnits: [], groups: [] };
      const reviewed = {
        ...{ owners: [], roleAssignable: false, policies: [], applications: [], memberOf },
        ...review,
      };
      const group = { ...admin.group, adopted: [...adopted.map(account), ...alsoAdopted], review: reviewed };
      const [level] = setupSpec().levels;
      if (level === undefined) throw new Error('no level');
      const spec = { ...setupSpec(), levels: [{ ...level, group: { existingId: GROUP_ID } }] };
      return planSetup(spec, { ...world, levels: { admin: { ...admin, group } } }, NOW);
    };

    it('names its object ID and everybody who counts as there for good, on the card and one by one in the thread', () => {
      const names = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Fay'];
      const plan = planOf(names);
      const adopted = plan.changes.find(({ id }) => id === 'adopt:admin');
      expect(plan.changes.map(({ summary }) => summary)).toContain(
        `group Kasten Users (admin), object ID ${GROUP_ID}`,
      );
      expect(adopted?.summary).toBe(
        '6 members of Kasten Users, there for good from now on: Ada, Ben, Cleo, Dan, Eve and 1 more',
      );
      const details = planDetails(plan, 'digest');
      for (const name of names) expect(details).toContain(`members: ${name} (e-${name})`);
      expect(plan.newMembers?.map(({ name }) => name)).toEqual(names);
      expect(planOf(['Ada']).notes.join()).toMatch(
        /^Ada, who is in Kasten Users now, will get in as admin for good/,
      );
    });

    it('is the same plan in whatever order Entra lists its members, and names each of them once', () => {
      expect(planDigest(planOf(['Ben', 'Ada']))).toBe(planDigest(planOf(['Ada', 'Ben'])));
      const world = finishedWorld();
      const [admin] = Object.values(world.levels);
      const missing = admin?.members.map((member) => ({ ...member, present: false })) ?? [];
      const adopted = missing.map(({ objectId, name }) => ({ objectId, name }));
      const levels = Object.fromEntries(
        Object.entries(world.levels).map(([level, seen]) => [
          level,
          { ...seen, members: missing, ...(seen.group && { group: { ...seen.group, adopted } }) },
        ]),
      );
      const { newMembers } = planSetup(setupSpec(), { ...world, levels }, NOW);
      expect(newMembers?.map(({ name }) => name)).toEqual(['Ada Asker']);
    });

    it('names the groups inside it, counts their people on the card, and names each of them in the thread', () => {
      const world = finishedWorld();
      const [admin] = Object.values(world.levels);
      if (admin?.group === undefined) throw new Error('no group');
      const nested = [{ ...account('Ops'), people: [account('Ben'), account('Cleo')] }];
      const group = { ...admin.group, adopted: [account('Ben')], nested };
      const [level] = setupSpec().levels;
      if (level === undefined) throw new Error('no level');
      const spec = { ...setupSpec(), levels: [{ ...level, group: { existingId: GROUP_ID } }] };
      const observed = { ...world, levels: { admin: { ...admin, group } } };
      const plan = planSetup(spec, observed, NOW);
      expect(plan.changes.find(({ id }) => id === 'adopt:admin')?.summary).toBe(
        '2 members of Kasten Users, there for good from now on: Ben; 2 members of the group Ops inside it',
      );
      const thread = planDetails(plan, 'digest');
      for (const line of ['members: group Ops (e-Ops)', 'members of Ops: Cleo (e-Cleo)'])
        expect(thread).toContain(line);
      expect(plan.newMembers?.map(({ objectId }) => objectId)).toEqual(['e-Ben', 'e-Cleo']);
      const servicePrincipal = { objectId: 'sp', enabled: true, assignmentRequired: true };
      const assigned = planSetup(spec, { ...observed, servicePrincipal }, NOW);
      expect(assigned.newMembers?.map(({ objectId }) => objectId)).toEqual(['e-Ben']);
    });

    it('is another plan where somebody else is in it by then', () => {
      expect(planDigest(planOf(['Ada']))).not.toBe(planDigest(planOf(['Eve'])));
    });

    it('is the rest of what was approved where another cluster has put a member that was asked for there', () => {
      const [asked] = Object.values(finishedWorld().levels).flatMap(({ members }) => members);
      if (asked === undefined) throw new Error('no member');
      const approved = planOf([]);
      expect(isRestOf(planOf([], undefined, [asked]), approved)).toBe(true);
      expect(isRestOf(planOf(['Eve'], undefined, [asked]), approved)).toBe(false);
    });

    it('says who owns it, which Conditional Access policies name it, and what Kastellan cannot see', () => {
      const notesOf = (review: Partial<GroupReview>) => planOf([], review).notes.join(' ');
      expect(notesOf({ owners: [account('Olga')], policies: ['MFA for backups'] })).toMatch(
        /is owned by Olga, who can put people into it.*names it in MFA for backups\. .*Azure roles, .* and applications that read groups by themselves are not in this/,
      );
      expect(notesOf({})).toMatch(/has no owner whom Entra shows.*No Conditional Access policy names it/);
      expect(notesOf({ policies: undefined })).toContain('may not read whether Conditional Access names it');
      expect(notesOf({})).toContain('It is assigned to no other application.');
      expect(notesOf({ applications: [account('Payroll')] })).toContain(
        'It is assigned to Payroll, to which',
      );
      expect(notesOf({ applications: undefined })).toContain('it is assigned to could not be read');
    });

    it('names the directory roles it has first of all, and the units and groups it is in', () => {
      const nothing = { directoryRoles: [], administrativeUnits: [], groups: [] };
      const of = (memberOf: Partial<MemberOf>) =>
        planOf([], { roleAssignable: true, memberOf: { ...nothing, ...memberOf } });
      const powerful = of({ directoryRoles: [account('Helpdesk Administrator')] });
      expect(powerful.warnings?.join()).toBe(
        'Kasten Users has the directory role Helpdesk Administrator: each of its members administers Entra by that. Choose a group without one.',
      );
      expect(powerful.notes.join()).toContain('Its directory roles stand above');
      const placed = of({ administrativeUnits: [account('Berlin')], groups: [account('Ops')] });
      expect(placed.notes.join(' ')).toContain(
        'It has no active directory role; it is in the administrative unit Berlin, whose administrators may change its members, and in the group Ops, so its members are, too.',
      );
      expect(planOf([]).notes.join(' ')).toContain(
        'It has no active directory role; it is in no administrative unit, and in no other group.',
      );
    });

    it('counts those of whom there are many, and names each of them in the thread', () => {
      const six = (what: string) => ['1', '2', '3', '4', '5', '6'].map((one) => account(`${what}${one}`));
      const memberOf = {
        directoryRoles: six('Role'),
        administrativeUnits: six('Unit'),
        groups: six('Group'),
      };
      const plan = planOf([], { owners: six('Owner'), applications: six('App'), memberOf });
      const card = [...(plan.warnings ?? []), ...plan.notes].join(' ');
      const thread = planDetails(plan, 'digest');
      for (const what of ['Owner', 'App', 'Role', 'Unit', 'Group']) {
        expect(card).toContain(`${what}5 and 1 more`);
        expect(card).not.toContain(`${what}6`);
        expect(thread).toContain(`${what}5 (e-${what}5), ${what}6 (e-${what}6)`);
      }
      expect(thread).toContain('Kasten Users, owners: Owner1 (e-Owner1), ');
    });

    it('says that what it is in could not be read, and not that it is in nothing', () => {
      const { notes } = planOf([], { memberOf: undefined });
      expect(notes.join(' ')).toContain(
        'Which directory roles, administrative units and groups it is in could not be read.',
      );
      expect(notes.join(' ')).not.toContain('no active directory role');
    });

    it('warns first if directory roles can be assigned to it', () => {
      expect(planOf([]).warnings ?? []).toEqual([]);
      expect(planOf([], { roleAssignable: true }).warnings?.join()).toMatch(
        /Directory roles can be assigned to Kasten Users/,
      );
    });
  });

  it('counts the clusters that share a group where they are very many', () => {
    const noteOf = (others: number): string => {
      const world = finishedWorld();
      const sharedWith = Array.from({ length: others }, (_, index) => ({
        cluster: `c-${index}`,
        level: 'admin',
      }));
      const levels = Object.fromEntries(
        Object.entries(world.levels).map(([level, seen]) => [
          level,
          { ...seen, ...(seen.group !== undefined && { group: { ...seen.group, sharedWith } }) },
        ]),
      );
      return planSetup(setupSpec(), { ...world, levels }, NOW).notes.join(' ');
    };
    expect(noteOf(2)).toContain('is also that of admin on c-0 and admin on c-1:');
    expect(noteOf(49)).toContain('is also that of 49 others:');
  });

  it('covers the rest of a plan of which others have done a part, and nothing that is not in it just so', () => {
    const rest = { ...approved, changes: approved.changes.slice(1) };
    expect(isRestOf(rest, approved)).toBe(true);
    expect(isRestOf(approved, rest)).toBe(false);
    const kept = approved.changes.map((change, index) =>
      index === 0 ? { ...change, sign: '=' as const } : change,
    );
    expect(isRestOf({ ...approved, changes: kept }, approved)).toBe(false);
    const handOver = { keeper: 'Argo CD', values: 'auth: {}' };
    expect(isRestOf({ ...rest, handOver }, approved)).toBe(false);
  });

  it('is for one plan only: another plan has another digest', () => {
    const other = planSetup(setupSpec({ secretLifetimeDays: 90 }), bareWorld(), NOW);
    expect(planDigest(other)).not.toBe(planDigest(approved));
    expect(planDigest(planSetup(setupSpec(), bareWorld(), NOW))).toBe(planDigest(approved));
  });
});

function planWithPrompt(prompt: string): Plan {
  const bare = bareWorld();
  const values = { auth: { tokenAuth: { enabled: true }, oidcAuth: { prompt } } };
  return planSetup(setupSpec(), { ...bare, release: { ...bare.release, values } }, NOW);
}

function withUnbound({ levels }: Pick<ObservedSetup, 'levels'>): ObservedSetup['levels'] {
  return Object.fromEntries(
    Object.entries(levels).map(([name, level]) => [
      name,
      { ...level, bindings: level.bindings.map((binding) => ({ ...binding, existing: undefined })) },
    ]),
  );
}

describe('the values for Helm', () => {
  it('keep everything but auth as it was', () => {
    const values = {
      list: [null, 1, 'x'],
      nothing: null,
      text: 'a\nb',
      auth: { tokenAuth: { enabled: true } },
    };
    const { auth, ...others } = withSignIn(values, setupSpec(), bareWorld().release, CREDENTIAL, []);
    expect(others).toEqual({ list: [null, 1, 'x'], nothing: null, text: 'a\nb' });
    expect(auth).toMatchObject({ tokenAuth: { enabled: false }, ldap: { enabled: false } });
  });

  it('lose an inline secret when the secret goes by reference, without showing it', () => {
    const values = {
      auth: { oidcAuth: { clientID: 'x', clientSecret: 'very-secret', logoutURL: 'https://bye' } },
    };
    const after = withSignIn(values, setupSpec(), bareWorld().release, CREDENTIAL, []);
    expect(after['auth']).toMatchObject({ oidcAuth: { logoutURL: 'https://bye' } });
    expect(JSON.stringify(after)).not.toContain('very-secret');
    const differences = authDifferences(values, after);
    expect(differences).toContainEqual({ path: 'auth.oidcAuth.clientSecret', before: '(secret)' });
    expect(JSON.stringify(differences)).not.toContain('very-secret');
  });
});
