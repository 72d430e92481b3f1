import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadSettings } from '../../../src/config/load.ts';
import { parseDuration } from '../../../src/domain/duration.ts';
import { KastellanError } from '../../../src/domain/errors.ts';

const TOKENS = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
const SMALLEST = `
slack: { approvalsChannel: C0123456789 }
entra: { tenantId: 11111111-2222-4333-8444-555555555555 }
clusters: [{ name: prod-eu }]
approvals: { setup: { approvers: { users: [U0BEN] } } }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kastellan-config-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function load(yaml: string, variables: Record<string, string> = TOKENS) {
  const path = join(folder, 'kastellan.yaml');
  await writeFile(path, yaml);
  return loadSettings({ ...variables, KASTELLAN_CONFIG: path });
}

async function mistakesOf(yaml: string, variables?: Record<string, string>): Promise<string> {
  const thrown = await load(yaml, variables).catch((error: unknown) => error);
  if (!(thrown instanceof KastellanError)) throw new Error(`it was taken: ${yaml}`);
  expect(thrown.code).toBe('config.invalid');
  return thrown.message;
}

describe('the configuration', () => {
  it('needs little: everything else has the defaults of the guides', async () => {
    const { configuration, environment } = await load(SMALLEST);
    expect(configuration.clusters[0]).toMatchObject({ namespace: 'kasten-io', release: 'k10' });
    expect(configuration.clusters[0]?.chart).toEqual({
      repository: 'https://charts.kasten.io/',
      name: 'k10',
    });
    expect(configuration.setup).toMatchObject({
      applicationName: 'kasten-service',
      secretLifetime: 180 * 86_400_000,
    });
    expect(configuration.setup.signIn).toMatchObject({
      groupPrefix: 'kasten_azure_',
      groupClaims: 'SecurityGroup',
    });
    expect(configuration.accessLevels.map(({ name }) => name)).toEqual(['admin', 'ns-admin']);
    expect(environment.KASTELLAN_ROLES).toEqual(['slack', 'worker', 'scheduler']);
  });

  it('is explained by an example that is itself valid', async () => {
    const example = await readFile(new URL('../../../kastellan.example.yaml', import.meta.url), 'utf8');
    await expect(load(example)).resolves.toMatchObject({ configuration: { operators: ['U0123456789'] } });
  });

  it('takes a key of the audit log that is long enough, and earlier ones between commas', async () => {
    const key = 'k'.repeat(32);
    const { environment } = await load(SMALLEST, {
      ...TOKENS,
      KASTELLAN_AUDIT_KEY: `${key}\n`,
      KASTELLAN_AUDIT_OLD_KEYS: `${'a'.repeat(32)}, ${'b'.repeat(40)}`,
    });
    expect(environment.KASTELLAN_AUDIT_KEY?.reveal()).toBe(key);
    expect(environment.KASTELLAN_AUDIT_OLD_KEYS.map((old) => old.reveal())).toEqual([
      'a'.repeat(32),
      'b'.repeat(40),
    ]);
    const short = await mistakesOf(SMALLEST, { ...TOKENS, KASTELLAN_AUDIT_KEY: 'too-short-to-use' });
    expect(short).toContain('KASTELLAN_AUDIT_KEY is too short: a key has at least 32 bytes');
    expect(short).not.toContain('too-short-to-use');
  });

  it.each([
    ["{ scopes: 'openid profile email groups' }", 'AADSTS650053'],
    ["{ scopes: 'profile email' }", 'openid'],
    ["{ scopes: 'openid User.Read' }", 'openid, profile, email, offline_access'],
    ['{ usernameClaim: preferred_username }', 'Add profile to the scopes'],
    ['{ usernameClaim: groups }', 'does not tell one person from another'],
  ])('refuses sign-in settings with which Entra or K10 would let nobody in: %s', async (signIn, reason) => {
    expect(await mistakesOf(`${SMALLEST}\nsetup: { signIn: ${signIn} }`)).toContain(reason);
  });

  it('lists every mistake of file and environment in one message', async () => {
    const message = await mistakesOf(
      `
slack: { approvalsChannel: general }
entra: { tenantId: contoso }
clusters: [{ name: Prod EU, dashbordUrl: https://x }, { name: a }, { name: a }]
approvals: { setup: { approvers: {}, required: 0, expiresAfter: soon } }
`,
      { KASTELLAN_ROLES: 'slack,juggler' },
    );
    for (const part of [
      'SLACK_BOT_TOKEN is missing',
      'SLACK_APP_TOKEN is missing',
      'KASTELLAN_ROLES',
      'slack.approvalsChannel is not a Slack channel ID',
      'entra.tenantId is not a GUID',
      'clusters.0.name takes small letters',
      'dashbordUrl',
      'approvals.setup.approvers names nobody',
      'approvals.setup.required',
      'a duration looks like 30s',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('says what a window for rotations looks like, and takes one over midnight', async () => {
    const window = (text: string) =>
      `${SMALLEST}\nrotation: { autoRotateBefore: 10d, rotate: { ${text} } }\n`;
    expect(await mistakesOf(window('between: nine to five'))).toContain(
      'rotation.rotate.between is "nine to five", but a window looks like 09:00-15:00',
    );
    expect(await mistakesOf(window('between: 09:00-15:00-17:00'))).toContain('a window looks like');
    expect(await mistakesOf(window('timeZone: Berlin'))).toContain('is no time zone like Europe/Berlin');
    expect(await mistakesOf(window('days: []'))).toContain('rotation.rotate.days is wrong: names no day');
    const { configuration } = await load(window('between: 22:00-04:30, days: [Sat]'));
    expect(configuration.rotation).toEqual({
      autoRotateBefore: 864_000_000,
      rotate: { days: ['Sat'], from: 1_320, to: 270, timeZone: 'UTC' },
    });
  });

  it('needs no approval for a rotation only where that is said, and none for a set-up never', async () => {
    const rules = (least: string) =>
      SMALLEST.replace(
        'setup: { approvers: { users: [U0BEN] } }',
        `setup: { approvers: { users: [U0BEN] } }, ${least}`,
      );
    const { configuration } = await load(
      rules('rotation: { approvers: { users: [U0BEN] }, required: 0, requesters: { users: [U0ADA] } }'),
    );
    expect(configuration.approvals.rotation?.required).toBe(0);
    expect((await load(SMALLEST)).configuration.approvals.rotation).toBeUndefined();
  });

  it('lets every full member ask, unless it says who may: user groups, people, Entra groups', async () => {
    const group = '22222222-2222-4333-8444-555555555555';
    const listed = SMALLEST.replace(
      'setup: {',
      `setup: { requesters: { userGroups: [ops], users: [U0ADA], entraGroups: [${group}] },`,
    );
    expect((await load(SMALLEST)).configuration.approvals.setup.requesters).toBeUndefined();
    expect((await load(listed)).configuration.approvals.setup.requesters).toEqual({
      userGroups: ['ops'],
      users: ['U0ADA'],
      entraGroups: [group],
    });
    expect(await mistakesOf(SMALLEST.replace('setup: {', 'setup: { requesters: {},'))).toContain(
      'approvals.setup.requesters names nobody: add userGroups, users or entraGroups',
    );
    expect(
      await mistakesOf(SMALLEST.replace('setup: {', 'setup: { requesters: { entraGroups: [Ops] },')),
    ).toContain('approvals.setup.requesters.entraGroups.0 is not a GUID');
  });

  it('wants a list of those who may ask where no approval is needed', async () => {
    const rotation = SMALLEST.replace(
      'approvals: {',
      'approvals: { rotation: { approvers: { users: [U0BEN] }, required: 0 },',
    );
    expect(await mistakesOf(rotation)).toContain(
      'approvals.rotation.requesters is missing: with `required: 0` no approval is needed, so list who may ask',
    );
    const level = (access: string) =>
      `${SMALLEST}accessLevels: [{ name: a, description: A, roles: [admin], group: A, access: { ${access} } }]`;
    expect(await mistakesOf(level('required: 0, onBehalf: { users: [U0ADA] }'))).toContain(
      'accessLevels.0.access.requesters is missing',
    );
    await expect(load(level('required: 0, requesters: { users: [U0ADA] }'))).resolves.toBeDefined();
  });

  it('names what is given twice', async () => {
    expect(await mistakesOf(SMALLEST.replace('[{ name: prod-eu }]', '[{ name: a }, { name: a }]'))).toContain(
      'clusters has two entries called a',
    );
  });

  it('refuses names that lead to the same group or the same binding', async () => {
    const levels = (clusters: string, accessLevels: string) =>
      `${SMALLEST.replace('[{ name: prod-eu }]', clusters)}accessLevels: ${accessLevels}`;
    const both = levels(
      '[{ name: prod }, { name: prod-ns }]',
      '[{ name: admin, description: A, roles: [admin], group: A }, { name: ns-admin, description: B, roles: [ns-admin], group: B }]',
    );
    expect(await mistakesOf(both)).toContain(
      'accessLevels has names that lead to one group for ns-admin on prod and admin on prod-ns: rename one of them',
    );
    const binding = levels(
      '[{ name: prod, release: ns }]',
      '[{ name: a, description: A, roles: [ns-admin], group: A }, { name: a-ns, description: B, roles: [admin], group: B }]',
    );
    expect(await mistakesOf(binding)).toContain(
      'accessLevels has names that lead to one binding for ns-admin of a and admin of a-ns: rename a level',
    );
  });

  it('refuses break-glass that would be refused in the emergency', async () => {
    const glass = (breakGlass: string) =>
      `${SMALLEST}breakGlass: { people: { users: [U0DAN] }, ${breakGlass} }`;
    expect(await mistakesOf(glass('level: root'))).toContain('breakGlass.level is no access level');
    expect(await mistakesOf(glass('level: admin, duration: 9h'))).toContain(
      'breakGlass.duration is longer than accessLevels allows for admin: raise its access.longest',
    );
    await expect(load(glass('level: admin, duration: 8h'))).resolves.toBeDefined();
  });

  it('says that the file is not there, and which to copy', async () => {
    const missing = loadSettings({ ...TOKENS, KASTELLAN_CONFIG: join(folder, 'nowhere.yaml') });
    await expect(missing).rejects.toThrow(/copy kastellan.example.yaml there/);
  });

  it.each(['', 'a: [', 'a: 1\na: 2', 'a: &a [1]\nb: *a'])(
    'says that a file is no YAML it takes: %j',
    async (yaml) => {
      expect(await mistakesOf(yaml)).toContain('kastellan.yaml');
    },
  );

  it('wants a way to hear from Slack', async () => {
    expect(await mistakesOf(SMALLEST, { SLACK_BOT_TOKEN: 'xoxb-1' })).toContain('set it for Socket Mode');
  });

  it('shows no secret, not even in a mistake', async () => {
    const variables = { ...TOKENS, KASTELLAN_REDIS_URL: 'http://user:canary@host' };
    expect(await mistakesOf(SMALLEST, variables)).not.toContain('canary');
    expect(JSON.stringify(await load(SMALLEST))).not.toContain('xoxb-1');
  });

  it('never breaks in another way, whatever the file holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        expect(await mistakesOf(text)).toContain('kastellan.yaml');
      }),
      { numRuns: 200 },
    );
  });
});

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['15m', 900_000],
    ['24h', 86_400_000],
    ['180d', 15_552_000_000],
  ])('%s is %d milliseconds', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '10', '0h', '-1h', '1w', '1.5h', '1h30m'])('is not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
