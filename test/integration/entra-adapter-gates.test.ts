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

let bench: EntraBench;
const open = async (options: BenchOptions = {}): Promise<EntraBench> => {
  bench = await openBench(options);
  return bench;
};
afterEach(() => bench.close());

const KEY = 'kastellan-prod';
const OURS = 'https://k10.example.com/k10/auth-svc/v0/oidc/redirect';
const SEEING = [...MINIMAL, 'Policy.Read.All', 'Directory.Read.All'];

function entryOf(objectId: string): Entry {
  const entry = bench.entra.directory.entries.get(objectId);
  if (entry === undefined) throw new Error('It is not there.');
  return entry;
}

describe('An app registration that somebody changed by hand', () => {
  it('is read as it is, and put right in one request that keeps what others need', async () => {
    const { directory, entra } = await open();
    const { objectId, clientId } = await directory.createApplication(KEY, applicationSettings());
    const groups = {
      name: 'groups',
      source: null,
      essential: false,
      additionalProperties: ['emit_as_roles'],
    };
    entra.portal.changeApplication(clientId, {
      web: { redirectUris: [], implicitGrantSettings: { enableAccessTokenIssuance: true } },
      spa: { redirectUris: [OURS, 'https://other.example.com/'] },
      isFallbackPublicClient: true,
      signInAudience: 'AzureADMultipleOrgs',
      optionalClaims: { idToken: [groups], accessToken: [], saml2Token: [] },
    });
    expect((await directory.findApplication(KEY))?.settings).toMatchObject({
      redirectUris: [],
      spaRedirectUris: [OURS, 'https://other.example.com/'],
      accessTokens: true,
      publicClient: true,
      audience: 'AzureADMultipleOrgs',
      groupOptions: ['emit_as_roles'],
    });
    const before = writes(entra).length;
    const right = applicationSettings({ spaRedirectUris: ['https://other.example.com/'] });
    await directory.updateApplication(objectId, right);
    expect(writes(entra)).toHaveLength(before + 1);
    expect((await directory.findApplication(KEY))?.settings).toEqual(right);
    expect(objectOf(entryOf(objectId).properties, 'spa')).toEqual({
      redirectUris: ['https://other.example.com/'],
    });
  });
});

describe('An enterprise application', () => {
  it('says whether it is on and asks for an assignment, and is switched on and off', async () => {
    const { directory, entra } = await open();
    const { clientId } = await directory.createApplication(KEY, applicationSettings());
    const made = await directory.createServicePrincipal(clientId);
    expect(made).toMatchObject({ enabled: true, assignmentRequired: false });
    entra.portal.changePrincipal(clientId, { accountEnabled: false, appRoleAssignmentRequired: true });
    expect(await directory.findServicePrincipal(clientId)).toMatchObject({
      enabled: false,
      assignmentRequired: true,
    });
    await directory.enableServicePrincipal(made.objectId, true);
    const before = writes(entra).length;
    await directory.enableServicePrincipal(made.objectId, true);
    expect(writes(entra)).toHaveLength(before);
    expect((await directory.findServicePrincipal(clientId))?.enabled).toBe(true);
  });

  it('may have groups assigned only with both permissions that Graph wants', async () => {
    const { directory } = await open();
    expect(await directory.mayAssignGroups()).toBe(false);
    await bench.close();
    const half = await open({ permissions: [...MINIMAL, 'AppRoleAssignment.ReadWrite.All'] });
    expect(await half.directory.mayAssignGroups()).toBe(false);
    await bench.close();
    const permissions = [...MINIMAL, 'AppRoleAssignment.ReadWrite.All', 'Application.Read.All'];
    expect(await (await open({ permissions })).directory.mayAssignGroups()).toBe(true);
  });
});

describe('Consent', () => {
  it('is read: whether people may give it, and what an administrator gave for everybody', async () => {
    const { directory, entra } = await open({ permissions: SEEING });
    const { clientId } = await directory.createApplication(KEY, applicationSettings());
    const { objectId } = await directory.createServicePrincipal(clientId);
    expect(await directory.readConsent(objectId)).toEqual({ byPeople: 'allowed', forAllUsers: [] });
    entra.knobs.userConsent = false;
    entra.portal.consents(clientId, ['openid', 'email']);
    expect(await directory.readConsent(objectId)).toEqual({
      byPeople: 'off',
      forAllUsers: ['openid', 'email'],
    });
    expect(await directory.readConsent()).toEqual({ byPeople: 'off', forAllUsers: [] });
  });

  it('is not known where Kastellan may not read it', async () => {
    const { directory } = await open();
    const { clientId } = await directory.createApplication(KEY, applicationSettings());
    const { objectId } = await directory.createServicePrincipal(clientId);
    expect(await directory.readConsent(objectId)).toEqual({ byPeople: undefined, forAllUsers: undefined });
  });
});

describe('What else an app and its groups hold', () => {
  it('is read: certificates of the app, and members who are groups, disabled or guests', async () => {
    const { directory } = await open({
      people: [
        person('Ada'),
        person('Dora', { accountEnabled: false }),
        person('Gus', { userType: 'Guest' }),
      ],
      groups: [
        { id: 'bbbbbbbb-0000-4000-8000-000000000001', displayName: 'Ops', members: [] },
        {
          id: 'bbbbbbbb-0000-4000-8000-000000000002',
          displayName: 'Kasten Users',
          members: ['ada@example.com', 'dora@example.com', 'gus@example.com', 'Ops'],
        },
      ],
    });
    expect(await directory.listUnusualMembers('bbbbbbbb-0000-4000-8000-000000000002')).toEqual({
      groups: ['Ops'],
      disabled: ['Dora'],
      guests: ['Gus'],
    });
    const { objectId } = await directory.createApplication(KEY, applicationSettings());
    expect(await directory.listCertificates(objectId)).toEqual([]);
    entryOf(objectId).properties['keyCredentials'] = [
      { keyId: 'k-1', displayName: 'CN=somebody', endDateTime: null, key: null },
    ];
    expect(await directory.listCertificates(objectId)).toEqual([{ keyId: 'k-1', name: 'CN=somebody' }]);
  });

  it('names the applications that a group is assigned to, each once, for those who may read that', async () => {
    const { directory, entra } = await open({
      permissions: [...SEEING, 'AppRoleAssignment.ReadWrite.All'],
    });
    const { clientId } = await directory.createApplication(KEY, applicationSettings());
    const { objectId } = await directory.createServicePrincipal(clientId);
    const group = await directory.createGroup({ uniqueName: 'g', displayName: 'G', description: 'G' });
    expect(await directory.listApplicationsOf(group.objectId)).toEqual([]);
    await directory.assignGroup(objectId, group.objectId);
    expect(await directory.listApplicationsOf(group.objectId)).toEqual([
      { objectId, name: applicationSettings().displayName },
    ]);
    entra.knobs.revokedPermissions = ['Directory.Read.All', 'AppRoleAssignment.ReadWrite.All'];
    await expect(directory.listApplicationsOf(group.objectId)).rejects.toMatchObject({
      code: 'entra.permission-missing',
    });
  });

  it('names the roles, units and groups that a group is in; without the right to their names their object IDs', async () => {
    const { directory, entra } = await open({
      permissions: SEEING,
      groups: [
        {
          id: 'bbbbbbbb-0000-4000-8000-000000000002',
          displayName: 'Backup Team',
          properties: { isAssignableToRole: true },
          directoryRoles: ['Helpdesk Administrator'],
          administrativeUnits: ['Berlin'],
        },
        {
          id: 'bbbbbbbb-0000-4000-8000-000000000003',
          displayName: 'Ops',
          members: ['Backup Team'],
        },
      ],
    });
    const named = (name: string) => [{ objectId: expect.any(String), name }];
    expect(await directory.listMemberOf('bbbbbbbb-0000-4000-8000-000000000002')).toEqual({
      directoryRoles: named('Helpdesk Administrator'),
      administrativeUnits: named('Berlin'),
      groups: named('Ops'),
    });
    expect(await directory.listMemberOf('bbbbbbbb-0000-4000-8000-000000000003')).toEqual({
      directoryRoles: [],
      administrativeUnits: [],
      groups: [],
    });
    entra.knobs.revokedPermissions = ['Directory.Read.All'];
    const [role] = entra.directory.rolesAndUnits;
    expect(await directory.listMemberOf('bbbbbbbb-0000-4000-8000-000000000002')).toMatchObject({
      directoryRoles: [{ objectId: role?.id, name: role?.id }],
      groups: named('Ops'),
    });
    entra.knobs.revokedPermissions = ['Directory.Read.All', 'GroupMember.ReadWrite.All'];
    await expect(directory.listMemberOf('bbbbbbbb-0000-4000-8000-000000000002')).rejects.toMatchObject({
      code: 'entra.permission-missing',
    });
  });

  it('is not known of members whose accounts Kastellan may not read', async () => {
    const { directory } = await open({
      permissions: MINIMAL.filter((name) => name !== 'User.Read.All'),
      people: [person('Ada')],
      groups: [
        { id: 'bbbbbbbb-0000-4000-8000-000000000002', displayName: 'K', members: ['ada@example.com'] },
      ],
    });
    expect(await directory.listUnusualMembers('bbbbbbbb-0000-4000-8000-000000000002')).toBeUndefined();
  });
});

const contract = loadGraphContract();

describe('What is sent for that', () => {
  it("follows Microsoft's description of Graph, as far as it is on this machine", async () => {
    const { directory, exchanges } = await open({ permissions: SEEING });
    const { objectId, clientId } = await directory.createApplication(
      KEY,
      applicationSettings({
        audience: 'AzureADMultipleOrgs',
        publicClient: true,
        spaRedirectUris: ['https://a.example/'],
      }),
    );
    await directory.updateApplication(objectId, applicationSettings());
    const principal = await directory.createServicePrincipal(clientId);
    await directory.enableServicePrincipal(principal.objectId, false);
    await directory.listCertificates(objectId);
    const group = await directory.createGroup({ uniqueName: 'g', displayName: 'G', description: 'G' });
    await directory.listUnusualMembers(group.objectId);
    const graph = exchanges.filter(({ url }) => url.startsWith('/v1.0'));
    expect(graph.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    const breaches = graph.flatMap(
      (one) => contract?.checkRequest(one.method, one.url, one.requestBody) ?? [],
    );
    expect(breaches).toEqual([]);
  });
});
