import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PageIterator } from '@microsoft/microsoft-graph-client';
import { defaultKnobs } from '../../sandbox/entra/knobs.ts';
import { ann, failure, group, keeper, reader, startTenant, type Tenant } from './sandbox-entra-tenant.ts';

let credential: Tenant['credential'];
let entra: Tenant['entra'];
let graph: Tenant['graph'];

beforeAll(async () => {
  ({ credential, entra, graph } = await startTenant());
});

beforeEach(() => {
  Object.assign(entra.knobs, defaultKnobs());
});

afterAll(async () => {
  await entra.close();
});

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
