import { randomUUID } from 'node:crypto';
import { ClientAssertionCredential, ClientCertificateCredential } from '@azure/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '@microsoft/microsoft-graph-client';
import { SignJWT } from 'jose';
import { defaultKnobs } from '../../sandbox/entra/knobs.ts';
import { ann, failure, group, keeper, startTenant, type Tenant } from './sandbox-entra-tenant.ts';

let cluster: Tenant['cluster'];
let credential: Tenant['credential'];
let entra: Tenant['entra'];
let graph: Tenant['graph'];
let pair: Tenant['pair'];

beforeAll(async () => {
  ({ cluster, credential, entra, graph, pair } = await startTenant());
});

beforeEach(() => {
  Object.assign(entra.knobs, defaultKnobs());
});

afterAll(async () => {
  await entra.close();
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
