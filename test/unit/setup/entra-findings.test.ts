import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../../src/domain/requests/plan.ts';
import { entraFindings, entraObstacles } from '../../../src/domain/setup/entra-findings.ts';
import type {
  ApplicationSettings,
  EntraSurroundings,
  ObservedGroup,
  ObservedSecret,
  ObservedServicePrincipal,
  ObservedSetup,
  SetupSpec,
} from '../../../src/domain/setup/setup.ts';
import { planSetup } from '../../../src/domain/setup/setup-plan.ts';
import { applicationSettings } from '../../support/application-settings.ts';
import { bareWorld, GROUP_ID, NOW, setupSpec } from '../../support/setup-samples.ts';

const OURS = 'https://k10.example.com/k10/auth-svc/v0/oidc/redirect';

interface Tenant {
  settings?: Partial<ApplicationSettings>;
  principal?: Partial<ObservedServicePrincipal>;
  surroundings?: Partial<EntraSurroundings>;
  group?: Partial<ObservedGroup>;
  assigned?: boolean;
  secrets?: readonly ObservedSecret[];
}

/** A tenant in which all is well, besides what is given. */
function tenant({ settings, principal, surroundings, group, assigned, secrets }: Tenant): ObservedSetup {
  const bare = bareWorld();
  return bareWorld({
    application: {
      objectId: 'app-object',
      clientId: 'client',
      settings: applicationSettings(settings),
      secrets: secrets ?? [],
    },
    servicePrincipal: { objectId: 'sp', enabled: true, assignmentRequired: false, ...principal },
    surroundings: { ...bare.surroundings, ...surroundings },
    levels: {
      admin: {
        group: {
          objectId: GROUP_ID,
          displayName: 'Kasten Users',
          members: [],
          adopted: [],
          sharedWith: [],
          unusual: { groups: [], disabled: [], guests: [] },
          ...group,
        },
        members: [],
        bindings: [],
        assigned: assigned ?? false,
      },
    },
  });
}

function plan(given: Tenant, spec: SetupSpec = setupSpec()): Plan {
  return planSetup(spec, tenant(given), NOW);
}

function warned(given: Tenant): string {
  return (plan(given).warnings ?? []).join(' ');
}

function changed(given: Tenant, id: string): readonly object[] | undefined {
  return plan(given).changes.find((change) => change.id === id)?.differences;
}

const unknownIn = (given: Tenant): string[] =>
  entraFindings({ spec: setupSpec(), observed: tenant(given), now: NOW })
    .filter(({ weight }) => weight === 'unknown')
    .map(({ says }) => says);

describe('a tenant in which all is well', () => {
  it('gives nothing to read, and nothing that is not known', () => {
    expect(plan({}).warnings).toBeUndefined();
    expect(entraFindings({ spec: setupSpec(), observed: tenant({}), now: NOW })).toEqual([]);
  });
});

describe('an enterprise application that is switched off', () => {
  it('is said first, with what people see, and is switched on by the plan', () => {
    expect(warned({ principal: { enabled: false } })).toMatch(
      /switched off in Entra: nobody can sign in to Kasten \(AADSTS7000112\)\. Set-up switches it on again/,
    );
    expect(changed({ principal: { enabled: false } }, 'service-principal')).toEqual([
      { path: 'accountEnabled', before: 'false', after: 'true' },
    ]);
  });
});

describe('an assignment that is required', () => {
  const principal = { assignmentRequired: true };
  const consent = { byPeople: 'allowed', forAllUsers: ['openid', 'email'] } as const;

  it('is planned for groups that lack it where Kastellan may assign', () => {
    const given = { principal, surroundings: { mayAssign: true, consent } };
    expect(plan(given).changes.map(({ id }) => id)).toContain('assignment:admin');
    expect(warned(given)).toMatch(/Kasten Users is not: members are turned away \(AADSTS50105\)\. Set-up/);
    expect(entraObstacles({ spec: setupSpec(), observed: tenant(given), now: NOW })).toEqual([]);
  });

  it('refuses the set-up where Kastellan may not, and says all that helps', () => {
    const [obstacle, ...more] = entraObstacles({
      spec: setupSpec(),
      observed: tenant({ principal, surroundings: { consent } }),
      now: NOW,
    });
    expect(more).toEqual([]);
    expect(obstacle?.code).toBe('setup.assignment-required');
    expect(obstacle?.message).toMatch(/AADSTS50105.*may not assign groups/);
    expect(obstacle?.hint).toMatch(/Users and groups.*Assignment required to No.*application-groups/);
  });

  it('disturbs nobody whose group is assigned, and needs the consent of an administrator even so', () => {
    expect(warned({ principal, assigned: true, surroundings: { consent } })).toBe('');
    const none = { byPeople: 'allowed', forAllUsers: [] } as const;
    expect(warned({ principal, assigned: true, surroundings: { consent: none } })).toMatch(
      /those may not consent for themselves, and no administrator has consented.*AADSTS90094/,
    );
  });

  it('leaves out people who are only in groups inside a group', () => {
    const group = { unusual: { groups: ['Ops'], disabled: [], guests: [] } };
    expect(plan({ principal, assigned: true, group, surroundings: { consent } }).notes.join(' ')).toMatch(
      /Kasten Users contains the group Ops: people who are only in there do not get in/,
    );
  });

  it('refuses ApplicationGroup, too, where Kastellan may not assign', () => {
    const spec = setupSpec({ signIn: { ...setupSpec().signIn, groupClaims: 'ApplicationGroup' } });
    const [obstacle] = entraObstacles({ spec, observed: tenant({}), now: NOW });
    expect(obstacle?.message).toMatch(/carry assigned groups only.*without rights.*may not assign groups/);
    const may = tenant({ surroundings: { mayAssign: true } });
    expect(entraObstacles({ spec, observed: may, now: NOW })).toEqual([]);
  });
});

describe('the registration', () => {
  it.each(['emit_as_roles', 'sam_account_name', 'cloud_displayname', 'dns_domain_and_sam_account_name'])(
    'loses the option %s of the group claim',
    (option) => {
      const settings = { groupOptions: [option] };
      expect(warned({ settings })).toContain(`has the option ${option}`);
      expect(changed({ settings }, 'application')).toEqual([
        { path: 'groupOptions', before: option, after: '(none)' },
      ]);
    },
  );

  it.each<[keyof ApplicationSettings, Partial<ApplicationSettings>, string, string, RegExp]>([
    ['audience', { audience: 'AzureADMultipleOrgs' }, 'AzureADMultipleOrgs', 'AzureADMyOrg', /other tenants/],
    ['accessTokens', { accessTokens: true }, 'true', 'false', /implicit flow/],
    ['publicClient', { publicClient: true }, 'true', 'false', /without its secret/],
  ])('has its %s put right', (path, settings, before, after, words) => {
    expect(warned({ settings })).toMatch(words);
    expect(changed({ settings }, 'application')).toEqual([{ path, before, after }]);
  });

  it.each([
    ['spaRedirectUris', 'AADSTS9002327'],
    ['publicRedirectUris', 'AADSTS700025'],
  ] as const)("has K10's redirect URI moved from %s to Web, because nobody could sign in", (path, code) => {
    const settings = { redirectUris: [], [path]: [OURS] };
    expect(warned({ settings })).toContain(code);
    expect(changed({ settings }, 'application')).toEqual([
      { path: 'redirectUris', before: '(none)', after: OURS },
      { path, before: OURS, after: '(none)' },
    ]);
  });

  it('keeps redirect URIs that nobody planned, warns of hosts that are not ours, and names them', () => {
    const settings = {
      redirectUris: [OURS, 'https://other.example.com/cb', 'https://k10.example.com/old'],
      spaRedirectUris: ['https://third.example.net/'],
      publicRedirectUris: ['http://localhost:3000/', 'msauth.app://auth'],
    };
    const given = plan({ settings });
    expect(given.changes.find(({ id }) => id === 'application')).toBeUndefined();
    expect(given.warnings?.join(' ')).toContain(
      'The owners of msauth.app://auth, other.example.com, third.example.net can get ID tokens',
    );
    expect(given.warnings?.join(' ')).toContain('https://third.example.net/');
    expect(given.warnings?.join(' ')).not.toContain('localhost');
    expect(given.notes.join(' ')).toContain('http://localhost:3000/, https://k10.example.com/old');
  });

  it('names live secrets and certificates that Kastellan did not make', () => {
    const secret = { keyId: 'k', displayName: null, hint: 'xyz', endsAt: '2027-05-22T09:00:00Z' };
    const secrets = [
      secret,
      { ...secret, keyId: 'own', displayName: 'kasten/prod-eu/8k2m' },
      { ...secret, keyId: 'ended', displayName: 'ended', endsAt: '2026-01-01T00:00:00Z' },
    ];
    const certificates = [{ keyId: 'c', name: 'CN=somebody' }];
    const words = warned({ secrets, surroundings: { certificates } });
    expect(words).toContain('did not make: client secret xyz..., certificate CN=somebody.');
    expect(words).not.toMatch(/kasten\/|ended/);
  });
});

describe('consent', () => {
  it('that people may not give, and no administrator gave, is said with the address to give it at', () => {
    const consent = { byPeople: 'off', forAllUsers: ['openid'] } as const;
    expect(warned({ surroundings: { consent } })).toMatch(
      /Need admin approval" \(AADSTS90094\).*adminconsent\?client_id=client&scope=openid%20email&redirect_uri=https/,
    );
    const given = { byPeople: 'off', forAllUsers: ['openid', 'email', 'profile'] } as const;
    expect(warned({ surroundings: { consent: given } })).toBe('');
  });

  it('that cannot be read is never called given', () => {
    const off = { byPeople: 'off', forAllUsers: undefined } as const;
    expect(warned({ surroundings: { consent: off } })).toMatch(/Unless an administrator has consented/);
    const nothing = { byPeople: undefined, forAllUsers: undefined };
    expect(unknownIn({ surroundings: { consent: nothing } }).join()).toMatch(/is not known/);
  });
});

describe('what Entra does not tell', () => {
  it('is said as not known', () => {
    const words = unknownIn({
      principal: { enabled: undefined, assignmentRequired: undefined },
      surroundings: { certificates: undefined },
    }).join(' ');
    expect(words).toMatch(/switched on and admits people without an assignment is not known/);
    expect(words).toMatch(/has certificates is not known/);
  });
});

describe('members', () => {
  it('who are groups, disabled or guests are named, with what that means', () => {
    const unusual = { groups: ['Ops'], disabled: ['Dora', 'Dan'], guests: ['Gus'] };
    const notes = plan({ group: { unusual } }).notes.join(' ');
    expect(notes).toContain('contains the group Ops: its people also get in as admin');
    expect(notes).toContain('2 disabled accounts (Dora, Dan): no sign-in is possible (AADSTS50057)');
    expect(notes).toContain('the guest account Gus: people of another company get in as admin');
  });
});
