import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ann,
  clientId,
  clientSecret,
  K10Visitor,
  type K10World,
  kastenUsers,
  startK10World,
} from './sandbox-k10-world.ts';

const group = `kasten_azure_${kastenUsers}`;
const rbac = 'rbac.authorization.k8s.io';

let world: K10World;

beforeAll(async () => {
  world = await startK10World();
  await world.install();
  world.createSecret();
  await world.upgrade(world.signInValues());
});

afterAll(async () => {
  await world.close();
});

function bind(kind: 'ClusterRoleBinding' | 'RoleBinding', role: string, namespace = ''): void {
  const plural = `${kind.toLowerCase()}s.${rbac}`;
  const roleKind = role.endsWith('-ns-admin') ? 'Role' : 'ClusterRole';
  world.kubernetes.create(plural, {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: `test-${role}`, ...(namespace ? { namespace } : {}) },
    roleRef: { apiGroup: rbac, kind: roleKind, name: role },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
  });
}

function unbind(): void {
  for (const plural of [`clusterrolebindings.${rbac}`, `rolebindings.${rbac}`]) {
    for (const { metadata } of world.kubernetes.store.list(plural)) {
      if (!metadata.name.startsWith('test-')) continue;
      world.kubernetes.store.remove(plural, metadata.namespace ?? '', metadata.name);
    }
  }
}

describe('signing in to the dashboard', () => {
  afterEach(unbind);

  it('goes to Entra with the client, the address to come back to, and the scopes of the values', async () => {
    const answer = await new K10Visitor(world.dashboard).get(world.dashboard.url);
    const url = new URL(answer.headers.get('location') ?? '');
    expect(`${url.origin}${url.pathname}`).toBe(
      `${world.entra.loginUrl}/${world.entra.tenantId}/oauth2/v2.0/authorize`,
    );
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: clientId,
      redirect_uri: world.dashboard.redirectUri,
      scope: 'openid email',
      prompt: 'select_account',
    });
  });

  it('shows people without a binding who they are and that they may do nothing', async () => {
    const visitor = new K10Visitor(world.dashboard);
    const { page } = await visitor.signIn(ann);
    expect(page).toContain('kasten_azure_ann@sandbox.example');
    expect(page).toContain(group);
    expect(page).toContain('No permissions: 0 applications');
    expect(await visitor.whoAmI()).toMatchObject({
      user: 'kasten_azure_ann@sandbox.example',
      groups: [group],
      rights: { backup: false, pods: false },
      applications: [],
    });
  });

  it('gives the rights of the roles the group is bound to, at once', async () => {
    const visitor = new K10Visitor(world.dashboard);
    await visitor.signIn(ann);
    bind('ClusterRoleBinding', 'k10-admin');
    expect(await visitor.whoAmI()).toMatchObject({
      rights: { backup: true, restore: true, policies: true, pods: false },
      applications: ['default'],
    });
    bind('RoleBinding', 'k10-ns-admin', 'kasten-io');
    expect(await visitor.whoAmI()).toMatchObject({ rights: { pods: true, settings: true, clusters: false } });
    expect((await visitor.open(world.dashboard.url)).page).not.toContain('No permissions');
  });

  it('shows the applications of the namespaces in which the group has the basic role', async () => {
    bind('RoleBinding', 'k10-basic', 'default');
    const visitor = new K10Visitor(world.dashboard);
    const { page } = await visitor.signIn(ann);
    expect(page).toContain('1 application<');
    expect(await visitor.whoAmI()).toMatchObject({ rights: { backup: false }, applications: ['default'] });
  });

  it('forgets people who sign out', async () => {
    const visitor = new K10Visitor(world.dashboard);
    await visitor.signIn(ann);
    await visitor.get(`${world.dashboard.url}auth-svc/v0/logout`);
    expect((await visitor.get(`${world.dashboard.url}whoami.json`)).status).toBe(401);
  });

  it('is closed to somebody who comes back with an answer nobody asked for', async () => {
    const visitor = new K10Visitor(world.dashboard);
    const answer = await visitor.open(`${world.dashboard.redirectUri}?code=stolen&state=guessed`);
    expect(answer.status).toBe(401);
    expect(answer.page).toContain('not begun here');
  });
});

describe('what people see when it does not work', () => {
  it('AADSTS50011 on Entra’s page, when the redirect URI is not registered', async () => {
    await world.upgrade(world.signInValues({ redirectURL: `${world.dashboard.redirectUri}` }));
    const { page } = await new K10Visitor(world.dashboard).signIn(ann);
    expect(page).toContain('AADSTS50011');
    await world.upgrade(world.signInValues());
  });

  it('AADSTS7000222 on K10’s page, when the client secret has ended', async () => {
    const visitor = new K10Visitor(world.dashboard);
    const application = world.entra.directory.application(clientId);
    const { passwordCredentials } = application?.properties ?? {};
    const [credential = { endDateTime: '' }] = passwordCredentials as { endDateTime: string }[];
    const end = credential.endDateTime;
    credential.endDateTime = '2020-01-01T00:00:00Z';
    const { status, page } = await visitor.signIn(ann);
    credential.endDateTime = end;
    expect(status).toBe(401);
    expect(page).toContain('AADSTS7000222');
  });

  it('AADSTS7000215 on K10’s page, when the secret in the values is wrong', async () => {
    const inline = { clientSecretName: '', clientID: clientId, clientSecret: 'wrong' };
    await world.upgrade(world.signInValues(inline));
    expect((await new K10Visitor(world.dashboard).signIn(ann)).page).toContain('AADSTS7000215');
    await world.upgrade(world.signInValues({ ...inline, clientSecret }));
    expect((await new K10Visitor(world.dashboard).signIn(ann)).page).toContain(group);
    await world.upgrade(world.signInValues());
  });

  it('what the provider says when it sends an error back', async () => {
    const visitor = new K10Visitor(world.dashboard);
    const first = await visitor.get(world.dashboard.url);
    const state = new URL(first.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const query = new URLSearchParams({
      state,
      error: 'access_denied',
      error_description: 'AADSTS65004: declined',
    });
    const { page } = await visitor.open(`${world.dashboard.redirectUri}?${query}`);
    expect(page).toContain('access_denied: AADSTS65004: declined');
  });

  it('that the session is too large, for a person in a hundred groups, unless few groups are kept', async () => {
    const user = world.entra.directory.findBy('user', 'userPrincipalName', ann.login);
    const many = Array.from({ length: 100 }, (_, index) =>
      world.entra.directory.add('group', { displayName: `g${index}`, securityEnabled: true }),
    );
    for (const one of many) one.members.add(user?.id ?? '');
    expect((await new K10Visitor(world.dashboard).signIn(ann)).page).toContain('larger than 4 KB');
    const values = world.signInValues() as { auth: Record<string, unknown> };
    await world.upgrade({ auth: { ...values.auth, groupAllowList: [group], k10AdminGroups: ['nobody'] } });
    const visitor = new K10Visitor(world.dashboard);
    await visitor.signIn(ann);
    expect(await visitor.whoAmI()).toMatchObject({ groups: [group] });
    for (const one of many) world.entra.directory.softDelete(one);
    await world.upgrade(values);
  });
});

describe('a pod that cannot start', () => {
  afterEach(async () => await world.upgrade(world.signInValues()));

  const logOf = async (pod: string) => {
    const url = `${world.kubernetes.url}/api/v1/namespaces/kasten-io/pods/${pod}/log`;
    const headers = { authorization: `Bearer ${world.kubernetes.userToken('admin', ['system:masters'])}` };
    const logs = ['', '?previous=true'].map(async (query) => (await fetch(url + query, { headers })).text());
    return (await Promise.all(logs)).join('');
  };

  const up = async (values: unknown) =>
    await world.helm(
      [
        'upgrade',
        'k10',
        'k10',
        '--repo',
        world.charts.url,
        '--version',
        '7.5.10',
        '--reset-values',
        '--values',
        '-',
      ],
      values,
    );

  it('waits for a Secret that is not there, and starts when it comes', async () => {
    const missing = world.signInValues({ clientSecretName: 'k10-late' });
    await up(missing);
    await world.pod('auth-svc', (text) => text.includes('k10-late') && text.includes('ContainerCreating'));
    const visitor = new K10Visitor(world.dashboard);
    expect((await visitor.open(world.dashboard.url)).status).toBe(503);
    world.kubernetes.create('secrets', {
      metadata: { name: 'k10-late', namespace: 'kasten-io' },
      stringData: { 'client-id': clientId, 'client-secret': clientSecret },
    });
    await world.pod('auth-svc', (text) => text.includes('k10-late') && text.includes('"ready":true'));
    expect((await visitor.signIn(ann)).page).toContain(group);
  });

  it.each([
    ['another issuer', (url: string) => `${url}/`, 'issuer did not match the issuer returned by provider'],
    ['a tenant that is not there', () => `${world.entra.loginUrl}/elsewhere/v2.0`, 'AADSTS90002'],
    ['nobody there', () => 'https://127.0.0.1:1/v2.0', 'connection refused'],
  ])('crashes for %s, and says so in its last line', async (_what, change, line) => {
    await up(
      world.signInValues({ providerURL: change(`${world.entra.loginUrl}/${world.entra.tenantId}/v2.0`) }),
    );
    const pod = await world.pod('auth-svc', (text) => text.includes('CrashLoopBackOff'));
    expect(await logOf(pod.metadata.name)).toContain(line);
    expect((await new K10Visitor(world.dashboard).open(world.dashboard.url)).status).toBe(503);
  });
});
