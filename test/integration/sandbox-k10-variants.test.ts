import { afterEach, describe, expect, it } from '@jest/globals';
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

let world: K10World | undefined;

async function start(options: Parameters<typeof startK10World>[0] = {}): Promise<K10World> {
  world = await startK10World(options);
  return world;
}

afterEach(async () => {
  await world?.close();
  world = undefined;
});

describe('an old K10, installed with Helm 3', () => {
  it('signs people in with the secret in its values, and overlooks the name of a Secret', async () => {
    const { install, helm, upgrade, signInValues, dashboard } = await start({ helm: 3 });
    await install({ version: '4.5.9' });
    expect(JSON.parse(await helm(['list', '-o', 'json']))).toMatchObject([{ chart: 'k10-4.5.9' }]);
    await expect(upgrade(signInValues(), '4.5.9')).rejects.toThrow('clientID field is required');
    await upgrade(signInValues({ clientID: clientId, clientSecret }), '4.5.9');
    expect((await new K10Visitor(dashboard).signIn(ann)).page).toContain(group);
  });
});

describe('a new K10, installed with Helm 4', () => {
  const version = '9.0.2';

  async function installed(): Promise<K10World> {
    const started = await start();
    await started.install({ version });
    return started;
  }

  it('has an account for each Deployment, and objects in the namespace default', async () => {
    const { kubernetes } = await installed();
    const deployments = kubernetes.store.list('deployments.apps', 'kasten-io');
    const accounts = kubernetes.store
      .list('serviceaccounts', 'kasten-io')
      .map(({ metadata }) => metadata.name);
    for (const { metadata, spec } of deployments) {
      expect(spec).toMatchObject({ template: { spec: { serviceAccountName: metadata.name } } });
      expect(accounts).toContain(metadata.name);
    }
    for (const kind of ['roles', 'rolebindings']) {
      const [first, ...others] = kubernetes.store.list(`${kind}.rbac.authorization.k8s.io`, 'default');
      expect([first?.metadata.name, others]).toEqual(['kasten-default', []]);
    }
  });

  it('has four services that read the Secret, and signs people in by reference to it', async () => {
    const { kubernetes, createSecret, upgrade, signInValues, dashboard } = await installed();
    createSecret();
    await upgrade(signInValues(), version);
    const readers = kubernetes.store
      .list('deployments.apps', 'kasten-io')
      .filter((deployment) => JSON.stringify(deployment.spec).includes('"secretName":"k10-credentials"'));
    expect(readers.map(({ metadata }) => metadata.name)).toEqual([
      'auth-svc',
      'controllermanager-svc',
      'dashboardbff-svc',
      'vbrintegrationapi-svc',
    ]);
    expect((await new K10Visitor(dashboard).signIn(ann)).page).toContain(group);
  });
});

describe('a provider whose certificate K10 does not trust', () => {
  it('keeps auth-svc from starting until its authority is in the CA bundle', async () => {
    const { install, createSecret, helm, upgrade, signInValues, ...more } = await start({
      trustEntra: false,
    });
    await install();
    createSecret();
    const from = ['--repo', more.charts.url, '--version', '7.5.10', '--values', '-'];
    await helm(['upgrade', 'k10', 'k10', ...from], signInValues());
    const { metadata } = await more.pod('auth-svc', (text) => text.includes('CrashLoopBackOff'));
    const url = `${more.kubernetes.url}/api/v1/namespaces/kasten-io/pods/${metadata.name}/log`;
    const headers = { authorization: `Bearer ${more.kubernetes.userToken('admin', ['system:masters'])}` };
    const logs = ['', '?previous=true'].map(async (query) => (await fetch(url + query, { headers })).text());
    expect((await Promise.all(logs)).join('')).toContain('x509: certificate signed by unknown authority');
    more.kubernetes.create('configmaps', {
      metadata: { name: 'our-authority', namespace: 'kasten-io' },
      data: { 'custom-ca-bundle.pem': more.authority },
    });
    await upgrade({ ...signInValues(), cacertconfigmap: { name: 'our-authority' } });
    expect((await new K10Visitor(more.dashboard).signIn(ann)).page).toContain(group);
  });
});

describe('a session', () => {
  it('ends when the values say so', async () => {
    let now = Date.now();
    const { install, createSecret, upgrade, signInValues, dashboard } = await start({
      dashboard: { now: () => new Date(now) },
    });
    await install();
    createSecret();
    await upgrade(signInValues({ sessionDuration: '30m', scopes: 'openid email profile' }));
    const visitor = new K10Visitor(dashboard);
    await visitor.signIn(ann);
    now += 29 * 60_000;
    expect(await visitor.whoAmI()).toMatchObject({ groups: [group] });
    now += 2 * 60_000;
    expect(await visitor.whoAmI()).toMatchObject({ error: 'Nobody is signed in.' });
  });
});

describe('a dashboard that only looks at the API', () => {
  it('follows the Deployment of auth-svc, and takes a new secret only when that is restarted', async () => {
    const { install, createSecret, upgrade, signInValues, dashboard, kubernetes } = await start({
      dashboard: { fromCluster: { pollMs: 10 } },
    });
    const visitor = new K10Visitor(dashboard);
    const until = async (isSo: (answer: Response) => boolean | Promise<boolean>) => {
      while (!(await isSo(await visitor.get(dashboard.url)))) await new Promise(setImmediate);
    };
    expect((await visitor.open(dashboard.url)).status).toBe(503);
    await install();
    await until((answer) => answer.status === 200);
    expect((await visitor.open(dashboard.url)).page).toContain('Paste a token');
    createSecret();
    await upgrade(signInValues());
    await until((answer) => answer.status === 302);
    expect((await visitor.signIn(ann)).page).toContain(group);

    kubernetes.store.remove('secrets', 'kasten-io', 'k10-credentials');
    kubernetes.create('secrets', {
      metadata: { name: 'k10-credentials', namespace: 'kasten-io' },
      stringData: { 'client-id': clientId, 'client-secret': 'another' },
    });
    expect((await new K10Visitor(dashboard).signIn(ann)).page).toContain(group);
    await upgrade(signInValues({ prompt: 'login' }));
    await until((answer) => (answer.headers.get('location') ?? '').includes('prompt=login'));
    expect((await new K10Visitor(dashboard).signIn(ann)).page).toContain('AADSTS7000215');
  });
});
