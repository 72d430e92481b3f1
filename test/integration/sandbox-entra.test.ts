import { randomUUID } from 'node:crypto';
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
} from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, GraphError, PageIterator } from '@microsoft/microsoft-graph-client';
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';
import { defaultKnobs } from '../../sandbox/entra/knobs.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import {
  createAuthority,
  type ServerCertificate,
  trustAuthority,
} from '../../sandbox/tls/certificate-authority.ts';

const keeper = '11111111-1111-4111-8111-111111111111';
const reader = '22222222-2222-4222-8222-222222222222';
const ann = 'aaaaaaaa-0000-4000-8000-000000000001';

let entra: Entra;
let cluster: GenerateKeyPairResult;
let pair: ServerCertificate;

beforeAll(async () => {
  const authority = await createAuthority();
  trustAuthority(authority);
  pair = await authority.issue();
  cluster = await generateKeyPair('RS256');
  const clusterKey = { ...(await exportJWK(cluster.publicKey)), kid: 'cluster', alg: 'RS256' };
  entra = await startEntra({
    tls: await authority.issue(),
    seed: {
      trustedIssuers: [{ issuer: 'https://cluster.sandbox.example', jwks: { keys: [clusterKey] } }],
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
          certificates: [pair.cert],
          federatedCredentials: [
            {
              name: 'cluster',
              issuer: 'https://cluster.sandbox.example',
              subject: 'system:serviceaccount:kastellan:kastellan',
              audiences: ['api://AzureADTokenExchange'],
            },
          ],
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

describe('looking people up', () => {
  it('finds a person by mail or name, quotes and capitals included', async () => {
    const filter = "mail eq 'ANN.O''HARA@sandbox.example' or userPrincipalName eq 'nobody@sandbox.example'";
    const found = await graph().api('/users').filter(filter).select('id,accountEnabled,userType').get();
    expect(found.value).toEqual([{ id: ann, accountEnabled: true, userType: 'Member' }]);
  });

  it('finds a person by proxy address', async () => {
    const filter = "proxyAddresses/any(x:x eq 'smtp:person3@sandbox.example')";
    const found = await graph().api('/users').filter(filter).get();
    expect(found.value).toHaveLength(1);
  });

  it('refuses what needs an advanced query, unknown properties and unknown paths', async () => {
    const users = graph().api('/users');
    expect(await failure(users.filter("endsWith(mail,'x')").get())).toMatchObject({
      code: 'Request_UnsupportedQuery',
    });
    expect(await failure(graph().api('/users').select('shoeSize').get())).toMatchObject({ statusCode: 400 });
    expect(await failure(graph().api('/teapots').get())).toMatchObject({ statusCode: 404 });
  });

  it('gives long lists page by page', async () => {
    const client = graph();
    const first = await client.api('/users').top(7).select('id').get();
    const seen: string[] = [];
    await new PageIterator(client, first, (user: { id: string }) => seen.push(user.id) > 0).iterate();
    expect(new Set(seen).size).toBe(30);
    expect(seen).toHaveLength(30);
  });
});

describe('members of a group', () => {
  const bind = (...ids: string[]) => ids.map((id) => `${entra.graphUrl}/v1.0/directoryObjects/${id}`);
  const people = () => entra.directory.all('user').map((one) => one.id);
  const newGroup = async () => (await graph().api('/groups').post(group(randomUUID()))) as { id: string };

  it('adds up to 20 at once, and none of them if one is in it already', async () => {
    const { id } = await newGroup();
    const [first = '', second = ''] = people();
    await graph()
      .api(`/groups/${id}/members/$ref`)
      .post({ '@odata.id': bind(first)[0] });
    const path = `/groups/${id}`;
    const error = await failure(
      graph()
        .api(path)
        .patch({ 'members@odata.bind': bind(second, first) }),
    );
    expect(error.message).toBe(
      "One or more added object references already exist for the following modified properties: 'members'.",
    );
    const many = await failure(
      graph()
        .api(path)
        .patch({ 'members@odata.bind': bind(...people().slice(0, 21)) }),
    );
    expect(many).toMatchObject({ statusCode: 400, code: 'Request_BadRequest' });
    await graph()
      .api(path)
      .patch({ 'members@odata.bind': bind(...people().slice(1, 21)) });
    const members = await graph().api(`${path}/members/microsoft.graph.user`).select('id').get();
    expect(members.value).toHaveLength(21);
    expect(members.value[0]).toHaveProperty(['@odata.type'], '#microsoft.graph.user');
  });

  it('takes a member out once', async () => {
    const { id } = await newGroup();
    await graph()
      .api(`/groups/${id}`)
      .patch({ 'members@odata.bind': bind(ann) });
    await graph().api(`/groups/${id}/members/${ann}/$ref`).delete();
    const again = await failure(graph().api(`/groups/${id}/members/${ann}/$ref`).delete());
    expect(again).toMatchObject({ statusCode: 404, code: 'Request_ResourceNotFound' });
  });

  it('runs a batch part by part, and fails what depends on a failed part', async () => {
    const { id } = await newGroup();
    const headers = { 'Content-Type': 'application/json' };
    const url = `/groups/${id}/members/$ref`;
    const add = (name: string, member: string, dependsOn: string[] = []) => ({
      id: name,
      method: 'POST',
      url,
      headers,
      body: { '@odata.id': bind(member)[0] },
      dependsOn,
    });
    const requests = [add('1', ann), add('2', ann), add('3', people()[5] ?? '', ['2'])];
    const { responses } = await graph().api('/$batch').post({ requests });
    expect(responses.map((one: { status: number }) => one.status)).toEqual([204, 400, 424]);
    const twenty = Array.from({ length: 21 }, (_, index) => add(String(index), ann));
    expect(await failure(graph().api('/$batch').post({ requests: twenty }))).toMatchObject({
      statusCode: 400,
    });
  });
});

describe('what is refused', () => {
  it('does not let an application touch one that it does not own', async () => {
    const theirs = await graph(reader, 'reader-secret').api('/applications').post({ displayName: 'theirs' });
    const error = await failure(graph().api(`/applications/${theirs.id}`).patch({ notes: 'mine now' }));
    expect(error).toMatchObject({ statusCode: 403, code: 'Authorization_RequestDenied' });
  });

  it('does not let an application do what nobody consented to, or no longer consents to', async () => {
    const other = graph(reader, 'reader-secret');
    expect(await failure(other.api('/groups').post(group('refused')))).toMatchObject({ statusCode: 403 });
    const client = graph();
    await client.api('/users').top(1).get();
    entra.knobs.revokedPermissions = ['User.Read.All'];
    expect(await failure(client.api('/users').top(1).get())).toMatchObject({ statusCode: 403 });
  });

  it('names the property that it does not know', async () => {
    const error = await failure(
      graph()
        .api('/applications')
        .post({ displayName: 'x', web: { redirects: [] } }),
    );
    expect(error).toMatchObject({ statusCode: 400, code: 'Request_BadRequest' });
    expect(error.message).toContain("'redirects'");
  });

  it('wants a token, and one for itself', async () => {
    const answer = await fetch(`${entra.graphUrl}/v1.0/users`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { code: 'InvalidAuthenticationToken' } });
  });

  it('gives a unique name and a service principal only once', async () => {
    const made = await graph().api('/applications').post({ displayName: 'one', uniqueName: 'only' });
    const twice = await failure(
      graph().api('/applications').post({ displayName: 'two', uniqueName: 'only' }),
    );
    expect(JSON.parse(twice.body)).toMatchObject({ details: [{ code: 'ObjectConflict' }] });
    await graph().api('/servicePrincipals').post({ appId: made.appId });
    const principal = await failure(graph().api('/servicePrincipals').post({ appId: made.appId }));
    expect(principal).toMatchObject({ statusCode: 409, code: 'Request_MultipleObjectsWithSameKeyValue' });
  });
});

describe('the whole life of an application', () => {
  it('assigns a group once, shows it, and takes it away', async () => {
    const client = graph();
    const made = await client.api('/applications').post({ displayName: 'assigned' });
    const principal = await client.api('/servicePrincipals').post({ appId: made.appId });
    const { id: principalId } = await client.api('/groups').post(group(randomUUID()));
    const path = `/servicePrincipals/${principal.id}/appRoleAssignedTo`;
    const body = { principalId, resourceId: principal.id, appRoleId: '00000000-0000-0000-0000-000000000000' };
    const assignment = await client.api(path).post(body);
    expect(assignment).toMatchObject({ principalType: 'Group', principalDisplayName: 'Kasten Users' });
    expect(await failure(client.api(path).post(body))).toMatchObject({ statusCode: 400 });
    await client.api(`${path}/${assignment.id}`).delete();
    expect((await client.api(path).get()).value).toEqual([]);
  });

  it('keeps what was deleted, and brings it back', async () => {
    const client = graph();
    const made = await client.api('/applications').post({ displayName: 'phoenix' });
    await client.api(`/applications/${made.id}`).delete();
    expect(await failure(client.api(`/applications/${made.id}`).get())).toMatchObject({ statusCode: 404 });
    await client.api(`/directory/deletedItems/${made.id}/restore`).post({});
    expect(await client.api(`/applications/${made.id}`).get()).toHaveProperty('displayName', 'phoenix');
  });

  it('shows its own doings in the audit log', async () => {
    const made = await graph().api('/applications').post({ displayName: 'audited' });
    const { value } = await graph().api('/auditLogs/directoryAudits').top(1).get();
    expect(value[0]).toMatchObject({
      activityDisplayName: 'Add application',
      targetResources: [{ id: made.id }],
    });
  });
});

describe('secrets', () => {
  const application = async (client: Client) => {
    const made = await client.api('/applications').post({ displayName: 'secretive' });
    await client.api('/servicePrincipals').post({ appId: made.appId });
    return made as { id: string; appId: string };
  };
  const scope = () => `${entra.graphUrl}/.default`;

  it('may not live longer than the policy allows, not even by default', async () => {
    const client = graph();
    const { id } = await application(client);
    entra.knobs.secretPolicy = { maxLifetimeDays: 90 };
    const error = await failure(client.api(`/applications/${id}/addPassword`).post({}));
    expect(error).toMatchObject({ statusCode: 400, code: 'CredentialInvalidLifetimeAsPerAppPolicy' });
    expect(JSON.parse(error.body)).toMatchObject({ details: [{ code: 'InvalidKeyEndDate' }] });
    const endDateTime = new Date(Date.now() + 60 * 86_400_000).toISOString();
    const secret = await client
      .api(`/applications/${id}/addPassword`)
      .post({ passwordCredential: { endDateTime } });
    expect(secret.secretText).not.toBe('');
    entra.knobs.secretPolicy = { forbidden: true };
    const forbidden = await failure(client.api(`/applications/${id}/addPassword`).post({}));
    expect(forbidden).toMatchObject({ code: 'CredentialTypeNotAllowedAsPerAppPolicy' });
  });

  it('are refused at first, accepted later, and gone once removed', async () => {
    const client = graph();
    const { id, appId } = await application(client);
    entra.knobs.secretAcceptedAfterMs = 60_000;
    const secret = await client.api(`/applications/${id}/addPassword`).post({});
    const ask = () => credential(appId, secret.secretText).getToken(scope());
    await expect(ask()).rejects.toThrow('AADSTS7000215');
    entra.knobs.clockOffsetMs = 61_000;
    await expect(ask()).resolves.toHaveProperty('token');
    await client.api(`/applications/${id}/removePassword`).post({ keyId: secret.keyId });
    await expect(ask()).rejects.toThrow('AADSTS7000215');
  });

  it.each([
    ['expired', keeper, 'stale', '7000222'],
    ['wrong', keeper, 'wrong', '7000215'],
    ['of an unknown application', '99999999-0000-4000-8000-000000000000', 'any', '700016'],
  ])("that are %s are refused in Entra's words", async (_what, clientId, secret, code) => {
    await expect(credential(clientId, secret).getToken(scope())).rejects.toThrow(`AADSTS${code}`);
  });

  it('do not help an application that has no service principal', async () => {
    const made = await graph().api('/applications').post({ displayName: 'lonely' });
    const secret = await graph().api(`/applications/${made.id}/addPassword`).post({});
    await expect(credential(made.appId, secret.secretText).getToken(scope())).rejects.toThrow(
      'AADSTS7000229',
    );
  });

  it('do not help in a tenant that does not exist', async () => {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    const answer = await fetch(`${entra.loginUrl}/elsewhere/oauth2/v2.0/token`, { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ error_codes: [90002], trace_id: expect.any(String) });
  });
});

describe('signed assertions instead of a secret', () => {
  const scope = () => `${entra.graphUrl}/.default`;
  const options = () => ({ authorityHost: entra.loginUrl, disableInstanceDiscovery: true });

  it('are taken from an issuer that a federated credential names, and from nobody else', async () => {
    const sign = (subject: string) =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid: 'cluster' })
        .setIssuer('https://cluster.sandbox.example')
        .setSubject(subject)
        .setAudience('api://AzureADTokenExchange')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(cluster.privateKey);
    const token = (subject: string) =>
      new ClientAssertionCredential(entra.tenantId, keeper, () => sign(subject), options()).getToken(scope());
    await expect(token('system:serviceaccount:kastellan:kastellan')).resolves.toHaveProperty('token');
    await expect(token('system:serviceaccount:other:other')).rejects.toThrow('AADSTS700213');
  });

  it('are taken when they are signed with the certificate of the application', async () => {
    const certificate = `${pair.key}\n${pair.cert}`;
    const token = new ClientCertificateCredential(
      entra.tenantId,
      keeper,
      { certificate },
      options(),
    ).getToken(scope());
    await expect(token).resolves.toHaveProperty('token');
  });
});

describe('bad days', () => {
  it('does not find what was made a moment ago', async () => {
    const client = graph();
    entra.knobs.replicationLagMs = 30_000;
    const made = await client.api('/applications').post({ displayName: 'fresh' });
    expect(await failure(client.api(`/applications/${made.id}`).get())).toMatchObject({ statusCode: 404 });
    const principal = await failure(client.api('/servicePrincipals').post({ appId: made.appId }));
    expect(principal).toMatchObject({ statusCode: 403, code: 'Authorization_RequestDenied' });
    const fresh = await client.api('/groups').post(group(randomUUID()));
    const body = { '@odata.id': `${entra.graphUrl}/v1.0/directoryObjects/${ann}` };
    const member = await failure(client.api(`/groups/${fresh.id}/members/$ref`).post(body));
    expect(member).toMatchObject({ statusCode: 400, code: 'Request_BadRequest' });
    entra.knobs.clockOffsetMs = 31_000;
    expect(await client.api(`/applications/${made.id}`).get()).toHaveProperty('id', made.id);
    expect(await client.api('/servicePrincipals').post({ appId: made.appId })).toHaveProperty(
      'appId',
      made.appId,
    );
  });

  it('asks to slow down, with a fraction of a second', async () => {
    entra.knobs.throttle = { every: 1, retryAfterSeconds: 2.128 };
    const { token } = await credential().getToken(`${entra.graphUrl}/.default`);
    const answer = await fetch(`${entra.graphUrl}/v1.0/users`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('2.128');
    expect(await answer.json()).toMatchObject({ error: { code: 'TooManyRequests' } });
  });

  it('conflicts with itself once, then goes on', async () => {
    entra.knobs.conflictNext = 1;
    const post = () => graph().api('/applications').post({ displayName: 'contended' });
    expect(await failure(post())).toMatchObject({ statusCode: 409 });
    expect(await post()).toHaveProperty('id');
  });

  it('can be had from outside: knobs and state', async () => {
    const body = JSON.stringify({ latencyMs: 1 });
    const headers = { 'content-type': 'application/json' };
    await fetch(`${entra.url}/_control/knobs`, { method: 'POST', body, headers });
    expect(entra.knobs.latencyMs).toBe(1);
    const state = await (await fetch(`${entra.url}/_control/state`)).text();
    expect(state).toContain('Kastellan');
    expect(state).not.toContain('keeper-secret');
  });
});
