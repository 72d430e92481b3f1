import { afterEach, describe, expect, it } from '@jest/globals';
import type { AssignedPolicy, SecretRule } from '../../sandbox/entra/knobs.ts';
import { applicationSettings } from '../support/application-settings.ts';
import { BOT_CLIENT_ID, type EntraBench, MINIMAL, openBench } from '../support/entra-adapter.ts';

let bench: EntraBench;
afterEach(() => bench.close());

const KEY = 'kastellan-prod';
const ATTRIBUTES = 'CustomSecAttributeAssignment.Read.All';
const DEFAULT = 'tenant default';
const settings = applicationSettings();
const no: SecretRule = { restrictionType: 'passwordAddition' };
const off: SecretRule = { ...no, state: 'disabled' };
const exempting: SecretRule = { ...no, exempt: { id: 'Ops_Exempt', value: 'secrets' } };
const short: SecretRule = { restrictionType: 'passwordLifetime', maxLifetime: 'P30D' };
const own = (rules: SecretRule[], more: Partial<AssignedPolicy> = {}): AssignedPolicy => ({
  displayName: 'Backup',
  application: KEY,
  rules,
  ...more,
});

interface Tenant {
  readonly rules?: SecretRule[];
  readonly servicePrincipalRules?: SecretRule[];
  readonly assigned?: AssignedPolicy[];
  readonly permissions?: string[];
  /** What Kastellan's own service principal carries. */
  readonly attributes?: Record<string, Record<string, unknown>>;
}

/** What Kastellan reads of a tenant's policies, and whether Entra then takes a secret that lives 60 days. */
async function readAndTry(tenant: Tenant) {
  const { rules = [], servicePrincipalRules = [], assigned = [], permissions = [], attributes } = tenant;
  bench = await openBench({ permissions: [...MINIMAL, 'Policy.Read.All', ...permissions] });
  const { directory, entra } = bench;
  const { objectId } = await directory.createApplication(KEY, settings);
  entra.knobs.secretPolicy = { rules, servicePrincipalRules };
  entra.knobs.assignedPolicies = assigned;
  const principal = entra.directory.servicePrincipal(BOT_CLIENT_ID);
  if (principal !== undefined && attributes !== undefined) {
    principal.properties = { ...principal.properties, customSecurityAttributes: attributes };
  }
  const policy = await directory.secretPolicy(objectId);
  const endsAt = new Date(Date.now() + entra.knobs.clockOffsetMs + 60 * 86_400_000).toISOString();
  const added = await directory.addSecret(objectId, { displayName: 'a', endsAt }).then(
    () => 'taken',
    ({ code }: { code: string }) => code,
  );
  return { ...policy, added };
}

const allowed = { forbiddenBy: undefined, maxLifetimeDays: undefined, added: 'taken' };
const forbidden = (policy: unknown) => ({
  forbiddenBy: { policy, certain: true },
  maxLifetimeDays: undefined,
  added: 'entra.secrets-forbidden',
});

describe("Entra's app management policies, as Kastellan reads them and as Entra applies them", () => {
  it.each<[string, Tenant, object]>([
    ['a rule that forbids secrets', { rules: [no] }, forbidden(DEFAULT)],
    ['a rule that is switched off', { rules: [off] }, allowed],
    ['rules for service principals only', { servicePrincipalRules: [no] }, allowed],
    [
      'a rule against secrets that people make up',
      { rules: [{ restrictionType: 'customPasswordAddition' }] },
      allowed,
    ],
    [
      'a rule for applications made later than this one',
      { rules: [{ ...no, restrictForAppsCreatedAfterDateTime: '2999-01-01T00:00:00Z' }] },
      allowed,
    ],
    [
      'a rule for applications made since long ago',
      { rules: [{ ...no, restrictForAppsCreatedAfterDateTime: '2020-01-01T00:00:00Z' }] },
      forbidden(DEFAULT),
    ],
    [
      "an application's own policy that allows what the tenant's forbids",
      { rules: [no], assigned: [own([off])] },
      allowed,
    ],
    [
      "an application's own policy about something else",
      { rules: [no], assigned: [own([{ ...short, maxLifetime: 'P90D' }])] },
      { ...forbidden(DEFAULT), maxLifetimeDays: 90 },
    ],
    [
      "an application's own policy that is not enabled",
      { rules: [no], assigned: [own([off], { isEnabled: false })] },
      forbidden(DEFAULT),
    ],
    ["an application's own policy that forbids", { assigned: [own([no])] }, forbidden({ name: 'Backup' })],
    ['a policy of another application', { assigned: [own([no], { application: 'other' })] }, allowed],
    [
      "an application's own policy that allows a longer life than the tenant's",
      { rules: [short], assigned: [own([{ ...short, maxLifetime: 'P90D' }])] },
      { ...allowed, maxLifetimeDays: 90 },
    ],
    [
      'an exemption that Kastellan has',
      { rules: [exempting], permissions: [ATTRIBUTES], attributes: { Ops: { Exempt: 'secrets' } } },
      allowed,
    ],
    [
      'an exemption of others',
      { rules: [exempting], permissions: [ATTRIBUTES], attributes: { Ops: { Exempt: 'certificates' } } },
      forbidden(DEFAULT),
    ],
    [
      'an exemption of which Kastellan cannot read whether it has it',
      { rules: [exempting], attributes: { Ops: { Exempt: 'secrets' } } },
      { forbiddenBy: { policy: DEFAULT, certain: false }, maxLifetimeDays: undefined, added: 'taken' },
    ],
  ])('%s', async (_name, tenant, expected) => {
    expect(await readAndTry(tenant)).toEqual(expected);
  });

  it('counts an application that is yet to be made as made now', async () => {
    bench = await openBench({ permissions: [...MINIMAL, 'Policy.Read.All'] });
    const { directory, entra } = bench;
    entra.knobs.secretPolicy = {
      rules: [{ ...no, restrictForAppsCreatedAfterDateTime: '2020-01-01T00:00:00Z' }],
    };
    expect((await directory.secretPolicy()).forbiddenBy).toEqual({ policy: DEFAULT, certain: true });
  });
});
