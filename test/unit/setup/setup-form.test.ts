import { describe, expect, it } from '@jest/globals';
import { configurationDifferences, signInPlace } from '../../../src/domain/setup/configured.ts';
import { parseDashboardUrl } from '../../../src/domain/setup/dashboard-url.ts';
import { proposedForm, readSetupForm } from '../../../src/domain/setup/setup-form.ts';
import { GROUP_ID, houseRules, setupForm, setupSpec } from '../../support/setup-samples.ts';

describe('a dashboard address', () => {
  it.each([
    'https://k10.example.com',
    'https://k10.example.com/',
    'https://k10.example.com/k10',
    'https://k10.example.com/k10/',
    ' https://k10.example.com/k10/#/dashboard ',
  ])('is read as people paste it: %s', (text) => {
    expect(parseDashboardUrl(text, 'k10')).toEqual({
      ok: true,
      dashboard: { origin: 'https://k10.example.com', release: 'k10' },
    });
  });

  // Whether K10 is there is asked of K10.
  it('is read with a path of its own', () => {
    expect(parseDashboardUrl('https://k10.example.com/apps/backup/', 'k10')).toEqual({
      ok: true,
      dashboard: { origin: 'https://k10.example.com', release: 'k10', path: 'apps/backup' },
    });
  });

  it.each([
    ['k10.example.com', 'not an address'],
    ['http://k10.example.com', 'https://'],
    ['https://k10.example.com/a%20path', 'the Helm release is called k10'],
    ['https://k10.example.com/k10/auth-svc/v0/oidc/redirect', 'the Helm release is called k10'],
    ['https://me:pw@k10.example.com', 'password'],
    ['https://k10.example.com/?a=b', 'question mark'],
  ])('is refused with the reason: %s', (text, reason) => {
    const parsed = parseDashboardUrl(text, 'k10');
    expect(parsed.ok ? '' : parsed.problem).toContain(reason);
  });
});

describe('the set-up form', () => {
  const rules = houseRules();

  it('becomes what is wanted: new groups by name, existing ones by object ID', () => {
    const levels = [
      { level: 'admin', group: ' Kasten Users ', members: ['U1', 'U1', 'U2'] },
      { level: 'ns-admin', group: GROUP_ID.toUpperCase(), members: [] },
    ];
    const reading = readSetupForm(setupForm({ levels }), rules);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    expect(reading.spec.levels).toEqual([
      {
        level: 'admin',
        roles: ['admin', 'ns-admin'],
        group: { newName: 'Kasten Users' },
        members: ['U1', 'U2'],
      },
      { level: 'ns-admin', roles: ['ns-admin'], group: { existingId: GROUP_ID }, members: [] },
    ]);
    expect(reading.spec.providerUrl).toBe(`https://login.microsoftonline.com/${rules.entra.tenantId}/v2.0`);
  });

  it.each([
    [{ cluster: 'nope' }, 'cluster'],
    [{ dashboardUrl: 'http://x' }, 'dashboardUrl'],
    [{ levels: [] }, 'levels'],
    [{ levels: [{ level: 'admin', group: '  ', members: [] }] }, 'group:admin'],
    [{ levels: [{ level: 'admin', group: '\u200b\u3164', members: [] }] }, 'group:admin'],
    [{ levels: [{ level: 'admin', group: 'two\nlines', members: [] }] }, 'group:admin'],
    [{ secretLifetimeDays: '0' }, 'secretLifetimeDays'],
    [{ secretLifetimeDays: '1e3' }, 'secretLifetimeDays'],
    [{ groupPrefix: 'a b' }, 'groupPrefix'],
    [{ scopes: 'email' }, 'scopes'],
    [{ scopes: 'openid\nfoo: bar' }, 'scopes'],
    [{ scopes: 'openid profile email groups' }, 'scopes'],
    [{ usernameClaim: 'preferred_username' }, 'usernameClaim'],
    [{ prompt: '$(rm -rf)' }, 'prompt'],
    [{ usernameClaim: '--set' }, 'usernameClaim'],
    [{ groupClaims: 'All' }, 'groupClaims'],
  ])('shows a mistake at its field: %j', (changed, field) => {
    const reading = readSetupForm(setupForm(changed), rules);
    expect(reading.ok ? [] : reading.problems.map((problem) => problem.field)).toEqual([field]);
  });

  it('shows every mistake at once', () => {
    const reading = readSetupForm(
      setupForm({ dashboardUrl: 'x', scopes: '', secretLifetimeDays: 'x' }),
      rules,
    );
    expect(reading.ok ? [] : reading.problems.map(({ field }) => field)).toEqual([
      'dashboardUrl',
      'secretLifetimeDays',
      'scopes',
    ]);
  });

  it('refuses one group for two levels', () => {
    const levels = ['admin', 'ns-admin'].map((level) => ({ level, group: 'Kasten Users', members: [] }));
    const reading = readSetupForm(setupForm({ levels }), rules);
    expect(reading.ok ? [] : reading.problems.map(({ field }) => field)).toEqual(['group:ns-admin']);
  });

  it('is proposed with what the configuration or the cluster gives', () => {
    expect(proposedForm(rules, 'prod-eu', ['https://found.example.com']).dashboardUrl).toBe(
      'https://k10.example.com',
    );
    const unknown = houseRules({ clusters: [{ name: 'lab', namespace: 'kasten-io', release: 'k10' }] });
    expect(proposedForm(unknown, 'lab', ['https://found.example.com']).dashboardUrl).toBe(
      'https://found.example.com',
    );
    expect(readSetupForm({ ...proposedForm(rules, 'prod-eu', []) }, rules).ok).toBe(true);
  });

  it('adds the cluster to names once there is more than one', () => {
    const [first] = rules.clusters;
    if (first === undefined) throw new Error('no cluster');
    const two = houseRules({ clusters: [first, { ...first, name: 'prod-us' }] });
    expect(proposedForm(two, 'prod-us', []).levels[0]?.group).toBe('Kasten Users (prod-us)');
  });
});

describe('a set-up that differs from the configuration', () => {
  const rules = houseRules();
  const differences = (changed: Partial<ReturnType<typeof setupForm>>) => {
    const reading = readSetupForm(setupForm(changed), rules);
    return reading.ok ? configurationDifferences(rules, 'prod-eu', reading.spec) : undefined;
  };

  it('is said to differ in nothing where the form was left as it is', () => {
    expect(differences({})).toEqual([]);
    expect(differences({ dashboardUrl: 'https://K10.example.com:443' })).toEqual([]);
  });

  it.each([
    [
      { dashboardUrl: 'https://x.example.com' },
      ['dashboard address https://x.example.com/k10/ instead of https://k10.example.com/k10/'],
    ],
    [
      { dashboardUrl: 'https://k10.example.com:8443/' },
      ['dashboard address https://k10.example.com:8443/k10/ instead of https://k10.example.com/k10/'],
    ],
    [
      { groupPrefix: '' },
      ['group prefix (empty) instead of kasten_azure_', 'username prefix (empty) instead of kasten_azure_'],
    ],
    [{ usernameClaim: 'email' }, ['username claim email instead of sub']],
    [{ scopes: 'openid profile email' }, ['scopes openid profile email instead of openid email']],
    [{ secretLifetimeDays: '730' }, ['lifetime of the client secret 730 days instead of 180 days']],
    [{ groupClaims: 'ApplicationGroup' }, ['groups in the token ApplicationGroup instead of SecurityGroup']],
  ])('names it with both values: %j', (changed, expected) => {
    expect(differences(changed)).toEqual(expected.map((what) => `Differs from the configuration: ${what}.`));
  });

  it('says first which address is asked for where the configuration has none, and how to set one', () => {
    const [first] = rules.clusters;
    if (first === undefined) throw new Error('no cluster');
    const { dashboardUrl: _none, ...cluster } = first;
    const spec = { ...setupSpec({ origin: 'https://x.example.com' }), secretLifetimeDays: 90 };
    const said = configurationDifferences(houseRules({ clusters: [cluster] }), 'prod-eu', spec);
    expect(said).toEqual([
      expect.stringMatching(
        /^kastellan\.yaml has no dashboardUrl for prod-eu, .*: https:\/\/x\.example\.com\/k10\/\. .*can set dashboardUrl/,
      ),
      expect.stringContaining('lifetime'),
    ]);
  });

  it('gets a sign-in link to the configured address, or none and the reason', () => {
    const place = signInPlace(rules, 'prod-eu', { origin: 'https://k10.example.com', release: 'k10' });
    expect(place).toEqual({ address: 'https://k10.example.com/k10/' });
    const other = signInPlace(rules, 'prod-eu', { origin: 'https://x.example.com', release: 'k10' });
    expect(other).toEqual({
      withheld: expect.stringMatching(
        /set up with https:\/\/x\.example\.com\/k10\/, but kastellan\.yaml has/,
      ),
    });
    const bare = houseRules({ clusters: [{ name: 'lab', namespace: 'kasten-io', release: 'k10' }] });
    expect(signInPlace(bare, 'lab', { origin: 'https://x.example.com', release: 'k10' })).toEqual({
      withheld: expect.stringContaining('no dashboardUrl for lab'),
    });
  });
});
