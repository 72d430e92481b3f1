import { ClientSecretCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, GraphError } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { defaultKnobs } from '../../sandbox/entra/knobs.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';

const keeper = '11111111-1111-4111-8111-111111111111';
const reader = '22222222-2222-4222-8222-222222222222';
const ann = 'aaaaaaaa-0000-4000-8000-000000000001';

let entra: Entra;

beforeAll(async () => {
  const authority = await createAuthority();
  trustAuthority(authority);
  entra = await startEntra({
    tls: await authority.issue(),
    seed: {
      people: Array.from({ length: 30 }, (_, index) => ({
        ...(index === 0 ? { id: ann } : {}),
        displayName: index === 0 ? "Ann O'Hara" : `Person ${index}`,
        userPrincipalName: index === 0 ? "ann.o'hara@sandbox.example" : `person${index}@sandbox.example`,
        password: 'correct horse',
        mfaCode: '123456',
      })),
      applications: [
        {
          clientId: keeper,
          displayName: 'Kastellan',
          secrets: [{ text: 'keeper-secret' }, { text: 'stale', endDateTime: '2020-01-01T00:00:00Z' }],
          permissions: [
            'Application.ReadWrite.OwnedBy',
            'Group.Create',
            'GroupMember.ReadWrite.All',
            'User.Read.All',
            'AppRoleAssignment.ReadWrite.All',
            'Application.Read.All',
            'AuditLog.Read.All',
            'Policy.Read.All',
          ],
        },
        {
          clientId: reader,
          displayName: 'Reader',
          secrets: [{ text: 'reader-secret' }],
          permissions: ['Application.ReadWrite.OwnedBy'],
        },
      ],
    },
  });
});

beforeEach(() => {
  Object.assign(entra.knobs, defaultKnobs());
});

afterAll(async () => {
  await entra.close();
});

function credential(clientId = keeper, secret = 'keeper-secret'): ClientSecretCredential {
  return new ClientSecretCredential(entra.tenantId, clientId, secret, {
    authorityHost: entra.loginUrl,
    disableInstanceDiscovery: true,
    retryOptions: { maxRetries: 0 },
  });
}

function graph(clientId = keeper, secret = 'keeper-secret'): Client {
  const scopes = [`${entra.graphUrl}/.default`];
  return Client.initWithMiddleware({
    authProvider: new TokenCredentialAuthenticationProvider(credential(clientId, secret), { scopes }),
    baseUrl: `${entra.graphUrl}/`,
    customHosts: new Set(['localhost']),
  });
}

const group = (uniqueName: string) => ({
  displayName: 'Kasten Users',
  mailEnabled: false,
  mailNickname: 'kasten-users',
  securityEnabled: true,
  uniqueName,
});

async function failure(promise: Promise<unknown>): Promise<GraphError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GraphError) return error;
    throw error;
  }
  throw new Error('It went well, unexpectedly.');
}

describe('what a set-up does', () => {
  it('makes a group once, however often it is asked for by unique name', async () => {
    const owner = entra.directory.servicePrincipal(keeper)?.id;
    const upsert = (more: object = {}) =>
      graph()
        .api("/groups(uniqueName='once')")
        .header('Prefer', 'create-if-missing')
        .patch({ ...group('once'), ...more });
    const bind = `${entra.graphUrl}/v1.0/directoryObjects/${owner}`;
    const made = await upsert({ 'owners@odata.bind': [bind] });
    const again = await upsert({ description: 'changed' });
    const found = await graph().api("/groups(uniqueName='once')").get();
    expect(made.id).toBe(found.id);
    expect(again).toBeUndefined();
    expect(found).toMatchObject({ displayName: 'Kasten Users', uniqueName: 'once', description: 'changed' });
  });

  it('cannot change a group that was made without an owner', async () => {
    const made = await graph().api('/groups').post(group('nobodys'));
    const error = await failure(graph().api(`/groups/${made.id}`).patch({ description: 'mine' }));
    expect(error).toMatchObject({ statusCode: 403, code: 'Authorization_RequestDenied' });
  });

  it('registers an application, gives it a secret and proves that the secret works', async () => {
    const client = graph();
    const application = await client
      .api('/applications')
      .post({ displayName: 'kasten-service', uniqueName: 'svc' });
    await client.api('/servicePrincipals').post({ appId: application.appId });
    const secret = await client.api(`/applications/${application.id}/addPassword`).post({});
    expect(secret.secretText).toHaveLength(40);
    expect(secret.hint).toBe(secret.secretText.slice(0, 3));
    const token = await credential(application.appId, secret.secretText).getToken(
      `${entra.graphUrl}/.default`,
    );
    expect(token.token).not.toBe('');
    const read = await client
      .api(`/applications(appId='${application.appId}')`)
      .select('passwordCredentials')
      .get();
    expect(JSON.stringify(read)).not.toContain(secret.secretText);
  });
});
