import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Exchange } from '../../sandbox/entra/request-log.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { contractFile, loadGraphContract } from './graph-contract.ts';

const keeper = '11111111-1111-4111-8111-111111111111';
const ann = 'aaaaaaaa-0000-4000-8000-000000000001';
const noRole = '00000000-0000-0000-0000-000000000000';

const contract = loadGraphContract();
const exchanges: Exchange[] = [];
let entra: Entra;
let token: string;

beforeAll(async () => {
  if (!contract) process.stderr.write(`No contract at ${contractFile()}: nothing is compared with Graph.\n`);
  const authority = await createAuthority();
  trustAuthority(authority);
  entra = await startEntra({
    tls: await authority.issue(),
    record: (exchange) => exchanges.push(exchange),
    seed: {
      people: [
        {
          id: ann,
          displayName: 'Ann',
          userPrincipalName: 'ann@sandbox.example',
          password: 'p',
          mfaCode: '123456',
        },
      ],
      applications: [
        {
          clientId: keeper,
          displayName: 'Kastellan',
          secrets: [{ text: 'keeper-secret' }],
          permissions: [
            'Application.ReadWrite.All',
            'AppRoleAssignment.ReadWrite.All',
            'AuditLog.Read.All',
            'Directory.Read.All',
            'Group.ReadWrite.All',
            'Policy.Read.All',
          ],
        },
      ],
    },
  });
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: keeper,
    client_secret: 'keeper-secret',
    scope: `${entra.graphUrl}/.default`,
  });
  const answer = await fetch(`${entra.loginUrl}/${entra.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body,
  });
  token = ((await answer.json()) as { access_token: string }).access_token;
});

afterAll(async () => {
  await entra.close();
});

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${entra.graphUrl}/v1.0${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
}

const group = { displayName: 'Kasten Users', mailEnabled: false, mailNickname: 'k', securityEnabled: true };
const upsert = { prefer: 'create-if-missing' };
const reference = (id: string | undefined) => `${entra.graphUrl}/v1.0/directoryObjects/${id}`;

async function useGroups(): Promise<string> {
  await call('PATCH', "/groups(uniqueName='g')", group, upsert);
  await call('PATCH', "/groups(uniqueName='g')", { description: 'again' }, upsert);
  const { id = '' } = await call('GET', "/groups(uniqueName='g')");
  await call('POST', '/groups', group);
  await call('GET', "/groups?$filter=displayName eq 'Kasten Users'&$top=1");
  await call('GET', `/groups/${id}?$select=id,uniqueName`);
  await call('PATCH', `/groups/${id}`, { 'members@odata.bind': [reference(ann)] });
  await call('POST', `/groups/${id}/members/$ref`, { '@odata.id': reference(ann) });
  for (const relation of ['members', 'transitiveMembers', 'owners'])
    await call('GET', `/groups/${id}/${relation}`);
  await call('POST', `/groups/${id}/owners/$ref`, { '@odata.id': reference(ann) });
  await call('DELETE', `/groups/${id}/members/${ann}/$ref`);
  await call('GET', `/groups/${randomUUID()}`);
  await call('GET', "/users?$filter=mail eq 'ann@sandbox.example'");
  await call('GET', `/users/${ann}?$select=id,accountEnabled,otherMails`);
  return id;
}

async function useApplications(groupId: string): Promise<void> {
  const web = { redirectUris: ['https://k10.sandbox.example/k10/auth-svc/v0/oidc/redirect'] };
  const application = { displayName: 'kasten-service', web, groupMembershipClaims: 'SecurityGroup' };
  await call('PATCH', "/applications(uniqueName='a')", application, upsert);
  const { id = '', appId = '' } = await call('GET', "/applications(uniqueName='a')");
  const path = `/applications/${id}`;
  await call('POST', '/applications', application);
  await call('GET', '/applications?$select=id,appId,passwordCredentials&$top=1');
  await call('GET', `/applications(appId='${appId}')`);
  await call('PATCH', path, { notes: 'kept by Kastellan' });
  const { keyId } = await call('POST', `${path}/addPassword`, { passwordCredential: { displayName: 'one' } });
  await call('GET', path);
  await call('POST', `${path}/removePassword`, { keyId });
  await call('GET', `${path}/owners`);
  await call('POST', `${path}/owners/$ref`, { '@odata.id': reference(ann) });
  await call('DELETE', `${path}/owners/${ann}/$ref`);
  await useFederation(`${path}/federatedIdentityCredentials`);
  await useServicePrincipals(appId, groupId);
  await call('DELETE', path);
  await call('GET', `/directory/deletedItems/${id}`);
  await call('GET', '/directory/deletedItems/microsoft.graph.application');
  await call('POST', `/directory/deletedItems/${id}/restore`);
  await call('DELETE', `/applications(appId='${appId}')`);
  await call('DELETE', `/directory/deletedItems/${id}`);
}

async function useFederation(path: string): Promise<void> {
  const credential = { name: 'one', issuer: 'https://issuer.example', subject: 's', audiences: ['api://x'] };
  const { id } = await call('POST', path, credential);
  await call('GET', path);
  await call('GET', `${path}/${id}`);
  await call('PATCH', `${path}/${id}`, { description: 'changed' });
  await call('DELETE', `${path}/${id}`);
}

async function useServicePrincipals(appId: string, principalId: string): Promise<void> {
  const { id: resourceId } = await call('POST', '/servicePrincipals', { appId });
  const path = `/servicePrincipals/${resourceId}`;
  await call('PATCH', `/servicePrincipals(appId='${appId}')`, { appRoleAssignmentRequired: true }, upsert);
  await call('GET', `/servicePrincipals(appId='${appId}')`);
  await call('GET', '/servicePrincipals?$top=1');
  await call('GET', path);
  await call('PATCH', path, { notes: 'x' });
  const assignment = { principalId, resourceId, appRoleId: noRole };
  const { id } = await call('POST', `${path}/appRoleAssignedTo`, assignment);
  await call('GET', `${path}/appRoleAssignedTo`);
  await call('DELETE', `${path}/appRoleAssignedTo/${id}`);
}

async function useTheRest(groupId: string): Promise<void> {
  entra.knobs.secretPolicy = { maxLifetimeDays: 90 };
  await call('GET', '/policies/defaultAppManagementPolicy');
  await call('GET', '/policies/identitySecurityDefaultsEnforcementPolicy');
  await call('GET', '/identity/conditionalAccess/policies');
  await call('GET', '/auditLogs/signIns?$top=5');
  await call('GET', '/auditLogs/directoryAudits?$top=5');
  await call('POST', '/$batch', { requests: [{ id: '1', method: 'GET', url: `/groups/${groupId}` }] });
  await call('DELETE', `/groups/${groupId}`);
  await call('GET', '/directory/deletedItems/microsoft.graph.group');
}

describe("the sandbox's Graph, held against the published one", () => {
  it('takes and gives what the contract describes, in every operation that is used', async () => {
    const groupId = await useGroups();
    await useApplications(groupId);
    await useTheRest(groupId);
    const graph = exchanges.filter((one) => one.url.startsWith('/v1.0/'));
    expect(graph.filter((one) => one.status >= 500)).toEqual([]);
    const problems = graph.flatMap((one) => [
      ...(contract?.checkRequest(one.method, one.url, one.requestBody) ?? []),
      ...(contract?.checkResponse(one.method, one.url, one.status, one.responseBody) ?? []),
    ]);
    expect(problems).toEqual([]);
    const used = new Set(graph.map((one) => contract?.operationOf(one.method, one.url)));
    if (contract) expect(used.size).toBeGreaterThan(45);
  });

  it('would notice unknown properties, missing ones and wrong types', () => {
    if (!contract) return;
    expect(contract.checkRequest('POST', '/groups', { ...group, colour: 'red' })).not.toEqual([]);
    expect(contract.checkRequest('POST', '/groups', { displayName: 'x' })).not.toEqual([]);
    expect(contract.checkRequest('PATCH', '/applications/1', { web: { redirectUris: 'x' } })).not.toEqual([]);
    expect(contract.checkResponse('GET', '/groups/1', 200, { id: 1 })).not.toEqual([]);
    expect(contract.checkResponse('GET', '/groups/1', 404, { message: 'no' })).not.toEqual([]);
    expect(contract.checkRequest('GET', '/teapots', undefined)).not.toEqual([]);
  });
});
