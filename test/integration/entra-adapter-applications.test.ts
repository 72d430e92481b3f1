import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Entry, objectOf } from '../../sandbox/entra/directory.ts';
import { loadGraphContract } from '../contract/graph-contract.ts';
import { applicationSettings } from '../support/application-settings.ts';
import {
  type BenchOptions,
  type EntraBench,
  MINIMAL,
  openBench,
  person,
  writes,
} from '../support/entra-adapter.ts';
import { failureOf } from '../support/failure-of.ts';

let bench: EntraBench;
const open = async (options: BenchOptions = {}): Promise<EntraBench> => {
  bench = await openBench(options);
  return bench;
};
afterEach(() => bench.close());

const KEY = 'kastellan-prod';
const settings = applicationSettings();
const days = (count: number): string =>
  new Date(Date.now() + bench.entra.knobs.clockOffsetMs + count * 86_400_000).toISOString();

function entryOf(objectId: string): Entry {
  const entry = bench.entra.directory.entries.get(objectId);
  if (entry === undefined) throw new Error('It is not there.');
  return entry;
}

describe('An application', () => {
  it('is registered for this tenant only, with redirect URI, ID tokens and group claims', async () => {
    const { directory } = await open();
    const made = await directory.createApplication(KEY, settings);
    expect(made).toMatchObject({ settings, secrets: [] });
    const { properties } = entryOf(made.objectId);
    expect(properties).toMatchObject({
      uniqueName: KEY,
      signInAudience: 'AzureADMyOrg',
      groupMembershipClaims: 'SecurityGroup',
      web: {
        redirectUris: settings.redirectUris,
        implicitGrantSettings: { enableAccessTokenIssuance: false },
      },
      optionalClaims: { idToken: [{ name: 'groups' }, { name: 'email' }] },
    });
    expect(await directory.findApplication(KEY)).toEqual(made);
  });

  it('is made once, shows up after the lag, and a second run writes nothing', async () => {
    const { directory, entra, waits } = await open();
    entra.knobs.replicationLagMs = 7_000;
    const made = await directory.createApplication(KEY, settings);
    expect(waits.length).toBeGreaterThan(0);
    const before = writes(entra).length;
    expect(await directory.createApplication(KEY, settings)).toEqual(made);
    await directory.updateApplication(made.objectId, settings);
    expect(writes(entra)).toHaveLength(before);
  });

  it('keeps what others set when Kastellan changes it', async () => {
    const { directory } = await open();
    const made = await directory.createApplication(KEY, {
      ...settings,
      groupsInIdToken: false,
      idTokens: false,
    });
    const entry = entryOf(made.objectId);
    const theirs = { name: 'auth_time', source: null, essential: true, additionalProperties: [] };
    const web = {
      ...objectOf(entry.properties, 'web'),
      homePageUrl: 'https://wiki.example.com/',
      logoutUrl: 'https://k10.example.com/out',
    };
    entry.properties = {
      ...entry.properties,
      web,
      optionalClaims: { idToken: [theirs], accessToken: [theirs], saml2Token: [] },
    };
    const redirectUris = [...settings.redirectUris, 'https://other.example.com/cb'];
    await directory.updateApplication(made.objectId, { ...settings, redirectUris });
    expect(entryOf(made.objectId).properties).toMatchObject({
      web: {
        redirectUris,
        homePageUrl: 'https://wiki.example.com/',
        logoutUrl: 'https://k10.example.com/out',
        implicitGrantSettings: { enableIdTokenIssuance: true },
      },
      optionalClaims: { idToken: [theirs, { name: 'groups' }, { name: 'email' }], accessToken: [theirs] },
    });
    await directory.updateApplication(made.objectId, { ...settings, groupsInIdToken: false });
    expect(objectOf(entryOf(made.objectId).properties, 'optionalClaims')['idToken']).toMatchObject([
      theirs,
      { name: 'email' },
    ]);
  });

  it('that was deleted is not found, and a new one takes its place', async () => {
    const { directory } = await open();
    const first = await directory.createApplication(KEY, settings);
    await directory.deleteApplication(first.objectId);
    await directory.deleteApplication(first.objectId);
    expect(await directory.findApplication(KEY)).toBeUndefined();
    const second = await directory.createApplication(KEY, settings);
    expect(second.objectId).not.toBe(first.objectId);
  });

  it('that somebody else made cannot be changed, and the failure says how to allow it', async () => {
    const { directory, entra } = await open();
    const theirs = await directory.createApplication(KEY, settings);
    entryOf(theirs.objectId).owners.clear();
    const failure = await failureOf(
      directory.updateApplication(theirs.objectId, { ...settings, idTokens: false }),
    );
    expect(failure.code).toBe('entra.permission-missing');
    expect(failure.hint).toContain('owner');
    expect(entra.directory.all('application').length).toBeGreaterThan(0);
  });
});

describe('An enterprise application', () => {
  it('is created although Entra does not show the registration everywhere yet', async () => {
    const { directory, entra, waits } = await open();
    const { clientId, objectId } = await directory.createApplication(KEY, settings);
    entryOf(objectId).visibleAt = Date.now() + entra.knobs.clockOffsetMs + 60_000;
    const made = await directory.createServicePrincipal(clientId);
    expect(waits.length).toBeGreaterThan(0);
    expect(await directory.findServicePrincipal(clientId)).toEqual(made);
    expect(await directory.createServicePrincipal(clientId)).toEqual(made);
    await directory.deleteServicePrincipal(made.objectId);
    await directory.deleteServicePrincipal(made.objectId);
    expect(await directory.findServicePrincipal(clientId)).toBeUndefined();
  });

  it('that is there but not visible yet is not made twice', async () => {
    const { directory, entra } = await open();
    const { clientId } = await directory.createApplication(KEY, settings);
    const made = await directory.createServicePrincipal(clientId);
    entryOf(made.objectId).visibleAt = Date.now() + entra.knobs.clockOffsetMs + 60_000;
    expect(await directory.createServicePrincipal(clientId)).toEqual(made);
  });

  it('gets its groups assigned and unassigned, each once', async () => {
    const { directory, entra } = await open({
      permissions: [...MINIMAL, 'AppRoleAssignment.ReadWrite.All', 'Application.Read.All'],
    });
    const { clientId } = await directory.createApplication(KEY, settings);
    const principal = await directory.createServicePrincipal(clientId);
    const group = await directory.createGroup({ uniqueName: 'g', displayName: 'G', description: 'G' });
    await directory.assignGroup(principal.objectId, group.objectId);
    await directory.assignGroup(principal.objectId, group.objectId);
    const ofGroups = entra.directory.assignments.filter(({ principalType }) => principalType === 'Group');
    expect(ofGroups).toHaveLength(1);
    expect(await directory.listAssignedGroups(principal.objectId)).toEqual([group.objectId]);
    await directory.unassignGroup(principal.objectId, group.objectId);
    await directory.unassignGroup(principal.objectId, group.objectId);
    expect(await directory.listAssignedGroups(principal.objectId)).toEqual([]);
  });

  it('cannot be assigned to without the permission for that, which is named', async () => {
    const { directory } = await open();
    const { clientId } = await directory.createApplication(KEY, settings);
    const principal = await directory.createServicePrincipal(clientId);
    const group = await directory.createGroup({ uniqueName: 'g', displayName: 'G', description: 'G' });
    const failure = await failureOf(directory.assignGroup(principal.objectId, group.objectId));
    expect(failure).toMatchObject({ code: 'entra.permission-missing' });
    expect(failure.message).toContain('AppRoleAssignment.ReadWrite.All');
  });
});

describe('A client secret', () => {
  it('is added with its name and end, read back without its value, and removed by its key', async () => {
    const { directory } = await open();
    const { objectId } = await directory.createApplication(KEY, settings);
    const endsAt = days(90);
    const added = await directory.addSecret(objectId, { displayName: 'kasten/prod/a1', endsAt });
    expect(added.secret.reveal().length).toBeGreaterThanOrEqual(16);
    expect(added.hint).toBe(added.secret.reveal().slice(0, 3));
    expect(inspect(added) + JSON.stringify(added)).not.toContain(added.secret.reveal());
    const seen = await directory.findApplication(KEY);
    expect(seen?.secrets).toMatchObject([
      { keyId: added.keyId, displayName: 'kasten/prod/a1', endsAt: added.endsAt },
    ]);
    await directory.removeSecret(objectId, added.keyId);
    await directory.removeSecret(objectId, added.keyId);
    expect((await directory.findApplication(KEY))?.secrets).toEqual([]);
  });

  it('of an application that is gone is gone with it', async () => {
    const { directory } = await open();
    await directory.removeSecret(
      '5d1c2a40-0000-4000-8000-000000000005',
      '5d1c2a40-0000-4000-8000-000000000006',
    );
  });

  it('is added to an application that Entra does not show everywhere yet', async () => {
    const { directory, entra, waits } = await open();
    const { objectId } = await directory.createApplication(KEY, settings);
    entryOf(objectId).visibleAt = Date.now() + entra.knobs.clockOffsetMs + 60_000;
    await directory.addSecret(objectId, { displayName: 'a', endsAt: days(30) });
    expect(waits.length).toBeGreaterThan(0);
  });

  it('that would live longer than the tenant allows is refused with the way out', async () => {
    const { directory } = await open({ knobs: { secretPolicy: { maxLifetimeDays: 90 } } });
    const { objectId } = await directory.createApplication(KEY, settings);
    const failure = await failureOf(directory.addSecret(objectId, { displayName: 'a', endsAt: days(180) }));
    expect(failure).toMatchObject({ code: 'entra.secret-lifetime-policy', retry: { when: 'never' } });
    expect(failure.hint).toContain('shorter');
  });

  it('is refused as such where the tenant forbids secrets', async () => {
    const { directory } = await open({ knobs: { secretPolicy: { forbidden: true } } });
    const { objectId } = await directory.createApplication(KEY, settings);
    const failure = await failureOf(directory.addSecret(objectId, { displayName: 'a', endsAt: days(30) }));
    expect(failure).toMatchObject({ code: 'entra.secrets-forbidden' });
    expect(failure.hint).toContain('exemption');
  });

  it('has its rules read beforehand where that is allowed, and is no fault where it is not', async () => {
    const knobs = { secretPolicy: { maxLifetimeDays: 90, forbidden: true } };
    const { directory, entra } = await open({ knobs, permissions: [...MINIMAL, 'Policy.Read.All'] });
    const forbiddenBy = { policy: 'tenant default', certain: true };
    expect(await directory.secretPolicy()).toEqual({ forbiddenBy, maxLifetimeDays: 90 });
    entra.knobs.revokedPermissions = ['Policy.Read.All'];
    expect(await directory.secretPolicy()).toEqual({ forbiddenBy: undefined, maxLifetimeDays: undefined });
    entra.knobs.revokedPermissions = [];
    entra.knobs.secretPolicy = {};
    expect(await directory.secretPolicy()).toEqual({ forbiddenBy: undefined, maxLifetimeDays: undefined });
  });
});

describe('The check of Kastellan itself', () => {
  it('finds everything good with the permissions that are needed, and names what optional ones are for', async () => {
    const { directory, entra } = await open();
    const findings = await directory.check();
    expect(findings.filter(({ verdict }) => verdict === 'good').map(({ subject }) => subject)).toEqual([
      'Sign-in of Kastellan to Entra',
      ...MINIMAL.map((name) => `Graph permission ${name}`),
    ]);
    expect(findings[0]?.detail).toContain('client secret');
    expect(findings.some(({ verdict }) => verdict === 'bad')).toBe(false);
    expect(entra.requestLog.filter(({ url }) => url.startsWith('/v1.0'))).toEqual([]);
  });

  it('names each missing permission with the way to grant it', async () => {
    const { directory } = await open({ permissions: ['Group.ReadWrite.All'] });
    const bad = (await directory.check()).filter(({ verdict }) => verdict === 'bad');
    expect(bad.map(({ subject }) => subject)).toEqual([
      'Graph permission Application.ReadWrite.OwnedBy',
      'Graph permission User.Read.All',
    ]);
    expect(bad[0]?.fix).toContain('API permissions');
    expect(bad[0]?.fix).toMatch(
      /az ad app permission add --id 0b7a5f3e-\S+ --api \S+ --api-permissions 18a4783c-\S+=Role/,
    );
  });

  it('says that it cannot even sign in when its secret is wrong', async () => {
    const { directory, entra } = await open();
    entra.directory.secretTexts.clear();
    expect(await directory.check()).toMatchObject([
      { verdict: 'bad', detail: expect.stringContaining('client secret is wrong'), fix: expect.any(String) },
    ]);
  });
});

const contract = loadGraphContract();

describe('What the adapter sends', () => {
  it("follows Microsoft's description of Graph", async () => {
    const { directory, exchanges } = await open({
      people: [person('Ada')],
      permissions: [...MINIMAL, 'AppRoleAssignment.ReadWrite.All', 'Application.Read.All', 'Policy.Read.All'],
    });
    const application = await directory.createApplication(KEY, settings);
    await directory.updateApplication(application.objectId, { ...settings, idTokens: false });
    const principal = await directory.createServicePrincipal(application.clientId);
    const group = await directory.createGroup({
      uniqueName: 'kastellan-its',
      displayName: 'G',
      description: 'G',
    });
    await directory.assignGroup(principal.objectId, group.objectId);
    await directory.unassignGroup(principal.objectId, group.objectId);
    const [ada] = await directory.findPeopleByEmail('ada@example.com');
    await directory.addMembers(group.objectId, [ada?.objectId ?? '']);
    await directory.removeMembers(group.objectId, [ada?.objectId ?? '']);
    await directory.secretPolicy();
    const secret = await directory.addSecret(application.objectId, { displayName: 'a', endsAt: days(30) });
    await directory.removeSecret(application.objectId, secret.keyId);
    await directory.deleteServicePrincipal(principal.objectId);
    await directory.deleteApplication(application.objectId);
    await directory.deleteGroup(group.objectId);
    const graph = exchanges.filter(({ url }) => url.startsWith('/v1.0'));
    expect(graph.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    if (!contract)
      process.stderr.write('The contract is not on this machine: requests were not compared with it.\n');
    const breaches = graph.flatMap(
      (one) => contract?.checkRequest(one.method, one.url, one.requestBody) ?? [],
    );
    expect(breaches).toEqual([]);
  });
});
