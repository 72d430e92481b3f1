import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/domain/json.ts';
import { isEmpty, type Plan } from '../../../src/domain/requests/plan.ts';
import { authBefore } from '../../../src/domain/setup/auth-before.ts';
import { withSignIn } from '../../../src/domain/setup/auth-values.ts';
import { desiredApplication } from '../../../src/domain/setup/setup-plan.ts';
import { planGone } from '../../../src/domain/teardown/gone-plan.ts';
import type { ObservedGone, ObservedTeardown, TeardownSpec } from '../../../src/domain/teardown/teardown.ts';
import { teardownProblems } from '../../../src/domain/teardown/teardown-form.ts';
import { planTeardown } from '../../../src/domain/teardown/teardown-plan.ts';
import { bareWorld, GROUP_ID, setupSpec } from '../../support/setup-samples.ts';

const BARE: JsonObject = bareWorld().release.values;
const VALUES = withSignIn(
  BARE,
  setupSpec(),
  bareWorld().release,
  { clientSecretName: 'kastellan-k10-oidc' },
  [],
);
const EVERYTHING: TeardownSpec['remove'] = ['bindings', 'credential', 'application', 'groups'];

function spec(changed: Partial<TeardownSpec> = {}): TeardownSpec {
  return {
    setup: setupSpec(),
    setupId: 'setup000',
    levels: [{ level: 'admin', group: { newName: 'Kasten Users' } }],
    remove: EVERYTHING,
    before: authBefore(BARE, 7),
    ...changed,
  };
}

function world(changed: Partial<ObservedTeardown> = {}): ObservedTeardown {
  return {
    obstacles: [],
    groups: [
      {
        level: 'admin',
        objectId: GROUP_ID,
        displayName: 'Kasten Users',
        members: ['Ada', 'Ben', 'Cleo'].map((name) => ({ objectId: `e-${name}`, name })),
        adopted: false,
        usedBy: [],
      },
    ],
    application: {
      objectId: 'app-object',
      clientId: 'client',
      settings: desiredApplication(setupSpec(), undefined),
      secrets: [
        { keyId: 'key', displayName: 'kasten/prod-eu/setup000', hint: 'abc', endsAt: '2027-05-22T09:00:00Z' },
      ],
    },
    servicePrincipal: { objectId: 'sp' },
    credential: { clientId: 'client', keyId: 'key', hasSecret: true },
    bindings: [
      {
        name: 'kastellan-admin-k10-admin',
        role: { kind: 'ClusterRole', name: 'k10-admin' },
        groups: [`kasten_azure_${GROUP_ID}`],
      },
    ],
    otherBindings: [],
    release: { chartVersion: '7.5.10', values: VALUES, managedBy: undefined, ours: true, old: undefined },
    grants: [],
    deployments: ['auth-svc', 'gateway'],
    runningActions: 0,
    ...changed,
  };
}

function plan(changed: Partial<ObservedTeardown> = {}, asked: Partial<TeardownSpec> = {}): Plan {
  return planTeardown('prod-eu', spec(asked), world(changed));
}

function signs({ changes }: Plan): string[] {
  return changes.map(({ sign, id }) => `${sign} ${id}`);
}

describe('the plan of a tear-down', () => {
  it('names every object that goes, K10 first', () => {
    expect(signs(plan())).toEqual([
      '~ release',
      '- binding:ClusterRole:kastellan-admin-k10-admin',
      '- credential',
      '- service-principal',
      '- application',
      '- group:admin',
    ]);
  });

  it('says who loses what, all of them by name', () => {
    expect(plan().notes.join('\n')).toMatch(
      /3 members of Kasten Users can no longer sign in to K10 through Entra: Ada, Ben, Cleo\./,
    );
    expect(plan().changes.at(-1)?.summary).toBe(
      'group Kasten Users (admin: Ada, Ben, Cleo); they lose whatever it gives them',
    );
  });

  it('keeps what was not ticked, with nothing to approve about it', () => {
    const kept = plan({}, { remove: [] });
    expect(signs(kept)).toEqual([
      '~ release',
      '= binding:ClusterRole:kastellan-admin-k10-admin',
      '= credential',
      '= secret:key',
      '= application',
      '= group:admin',
    ]);
    expect(kept.notes.join()).not.toContain('30 days');
  });

  it('says how long Entra keeps what goes, and of groups alone that they may not come back', () => {
    const [all, application] = [plan(), plan({}, { remove: ['credential', 'application'] })];
    expect(all.notes.join()).toMatch(/the app and the groups for 30 days.*fetches them.*Some tenants delete/);
    expect(application.notes.join()).toMatch(/the app for 30 days.*fetches it from there/);
    expect(application.notes.join()).not.toContain('security groups');
  });

  it('keeps groups that were there before, and those that another cluster uses', () => {
    const [group] = world().groups;
    if (group === undefined) throw new Error('no group');
    const both = plan({
      groups: [
        { ...group, adopted: true },
        { ...group, level: 'ns-admin', usedBy: ['prod-us', 'lab'] },
      ],
    });
    expect(both.changes.slice(-2).map(({ sign, summary }) => `${sign} ${summary}`)).toEqual([
      '= group Kasten Users (admin: Ada, Ben, Cleo) stays: it was there before',
      '= group Kasten Users (ns-admin: Ada, Ben, Cleo) stays: prod-us and lab use it, too',
    ]);
  });

  it('takes only its own out of an app that others have put something into', () => {
    const { application } = world();
    if (application === undefined) throw new Error('no app');
    const shared = plan({
      application: {
        ...application,
        settings: {
          ...application.settings,
          redirectUris: ['https://other.example.com/cb', ...application.settings.redirectUris],
        },
        secrets: [
          ...application.secrets,
          { keyId: 'theirs', displayName: 'by hand', hint: 'xyz', endsAt: '2027-01-01T00:00:00Z' },
        ],
      },
    });
    expect(signs(shared)).toEqual([
      '~ release',
      '- binding:ClusterRole:kastellan-admin-k10-admin',
      '- credential',
      '- secret:key',
      '~ application',
      '- group:admin',
    ]);
    expect(shared.changes.find(({ id }) => id === 'application')?.summary).toContain(
      'stays: others have put 1 redirect URI and 1 client secret into it',
    );
  });

  it('shows a binding of somebody else as one that stays', () => {
    const role = { kind: 'ClusterRole' as const, name: 'k10-admin' };
    const other = plan({ otherBindings: [{ name: 'by-hand', role, groups: [] }] });
    expect(signs(other)).toContain('= binding:ClusterRole:by-hand');
  });

  it('leaves a release whose values name another app, and one that is gone', () => {
    const { release } = world();
    if (release === undefined) throw new Error('no release');
    expect(signs(plan({ release: { ...release, ours: false } }))[0]).toBe('= release');
    expect(signs(plan({ release: undefined }))[0]).toBe('= release');
    expect(plan({ release: undefined }).notes.join()).not.toContain('Restarts');
  });

  it('names who has access for a time, and until when', () => {
    const given = plan({ grants: [{ level: 'admin', name: 'Ada', endsAt: '2026-11-23T18:40:00.000Z' }] });
    expect(given.notes.join()).toContain('does not come back: admin for Ada until 2026-11-23 18:40 UTC.');
  });

  it('warns where K10 had no sign-in before', () => {
    const bare = plan({}, { before: authBefore({}, 1) });
    expect(bare.notes.join()).toContain('whoever reaches the dashboard can do everything in it');
  });

  it('says that how it was is not known, where nobody noted it', () => {
    const { before: _unknown, ...rest } = spec();
    const unknown = planTeardown('prod-eu', rest, world());
    expect(unknown.notes.join()).toContain('was not noted: it gets sign-in by token');
  });

  it('says which secret of then is lost', () => {
    const okta = { auth: { oidcAuth: { enabled: true, clientID: 'x', clientSecret: 'very-secret' } } };
    const lost = plan({}, { before: authBefore(okta, 3) });
    expect(lost.notes.join()).toMatch(
      /clientSecret of then is nowhere to be read.*Helm has dropped revision 3/,
    );
    expect(JSON.stringify(lost)).not.toContain('very-secret');
  });

  it('hands values over first where Argo CD keeps the release, and changes nothing before K10 let go', () => {
    const { release } = world();
    if (release === undefined) throw new Error('no release');
    const keeper = { by: 'argo-cd' as const, name: 'argocd/kasten' };
    const first = plan({ release: { ...release, managedBy: keeper } });
    expect(isEmpty(first)).toBe(true);
    expect(first.handOver?.values).toContain('#   auth.oidcAuth.clientSecretName');
    expect(first.handOver?.values).toContain('tokenAuth:\n    enabled: true');
    const second = plan({ release: { ...release, managedBy: keeper, ours: false } });
    expect(second.handOver).toBeUndefined();
    expect(signs(second)).toContain('- application');
  });
});

describe('the plan for a cluster that is said to be gone', () => {
  const { groups, application, servicePrincipal } = world();
  const gone = (changed: Partial<ObservedGone> = {}, remove: TeardownSpec['remove'] = EVERYTHING) =>
    planGone('prod-eu', spec({ gone: true, remove }), {
      obstacles: [],
      groups,
      application,
      servicePrincipal,
      grants: [],
      problem: 'Its API does not answer.',
      ...changed,
    });

  it('names what goes in Entra, and nothing of the cluster', () => {
    expect(signs(gone())).toEqual(['- service-principal', '- application', '- group:admin']);
    expect(signs(gone({}, ['credential']))).toEqual(['- secret:key', '= application', '= group:admin']);
  });

  it('says who claims it, what was found, what is not looked at, and what would be left in it', () => {
    const notes = gone().notes.join('\n');
    expect(notes).toMatch(/Kastellan cannot tell: the asker says so\. Its API does not answer\./);
    expect(notes).toContain('Its dashboard, https://k10.example.com, does not send people to this app.');
    expect(notes).toMatch(/Nothing in the cluster is looked at.*Secret kasten-io\/kastellan-k10-oidc/);
    expect(notes).toContain('nobody gets in any more');
    expect(gone({}, ['groups']).notes.join()).not.toContain('nobody gets in any more');
    expect(gone({ application: undefined }).notes.join()).not.toContain('Its dashboard');
  });
});

describe('the ticks of the form', () => {
  const problems = (remove: TeardownSpec['remove'], gone = '') =>
    teardownProblems({ cluster: 'prod-eu', remove, gone }).map(({ field }) => field);

  it('take no remainder that is of no use', () => {
    expect(problems([])).toEqual([]);
    expect(problems(EVERYTHING)).toEqual([]);
    expect(problems(['application'])).toEqual(['remove']);
    expect(problems(['groups'])).toEqual(['remove']);
  });

  it('take a cluster for gone only where its own name is typed, and something in Entra is ticked', () => {
    expect(problems(['application', 'groups'], 'prod-eu')).toEqual([]);
    expect(problems(['application'], 'prod-us')).toEqual(['gone']);
    expect(problems(['bindings'], 'prod-eu')).toEqual(['remove']);
  });
});
