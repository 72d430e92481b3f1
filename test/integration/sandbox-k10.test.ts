import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { readGivenChart } from '../../sandbox/k10/given-chart.ts';
import { livedInValues } from '../../sandbox/k10/install.ts';
import { helmBinary } from '../../sandbox/tools/helm.ts';
import { K10Visitor, type K10World, startK10World } from './sandbox-k10-world.ts';

let world: K10World;

beforeAll(async () => {
  world = await startK10World();
});

afterAll(async () => {
  await world.close();
});

const names = (resource: string, namespace?: string) =>
  world.kubernetes.store.list(resource, namespace).map((object) => object.metadata.name);

describe('a K10 that has just been installed with Helm 4', () => {
  it('answers 503 before, and shows a page for a token after', async () => {
    const visitor = new K10Visitor(world.dashboard);
    expect((await visitor.open(world.dashboard.url)).status).toBe(503);
    await world.install();
    const { status, page } = await visitor.open(world.dashboard.url);
    expect(status).toBe(200);
    expect(page).toContain('Paste a token');
  });

  it('has the Deployments, roles and bindings of a real one', () => {
    expect(names('deployments.apps', 'kasten-io')).toEqual(
      expect.arrayContaining(['auth-svc', 'dashboardbff-svc', 'controllermanager-svc', 'gateway']),
    );
    expect(names('clusterroles.rbac.authorization.k8s.io')).toEqual(
      expect.arrayContaining(['k10-admin', 'k10-mc-admin', 'k10-basic', 'k10-config-view']),
    );
    expect(names('roles.rbac.authorization.k8s.io', 'kasten-io')).toEqual(['k10-ns-admin']);
    expect(names('clusterrolebindings.rbac.authorization.k8s.io')).toEqual(
      expect.arrayContaining(['kasten-io-k10-k10-admin', 'kasten-io-k10-k10-mc-admin']),
    );
    expect(names('rolebindings.rbac.authorization.k8s.io', 'kasten-io')).toEqual([
      'kasten-io-k10-k10-ns-admin',
    ]);
  });

  it('has objects of the whole cluster, claims volumes and shuts itself off, as a real one does', () => {
    expect(names('apiservices.apiregistration.k8s.io')).toEqual(
      ['actions', 'apps', 'repositories', 'vault'].map((group) => `v1alpha1.${group}.kio.kasten.io`),
    );
    expect(names('persistentvolumeclaims', 'kasten-io')).toEqual(['catalog-pv-claim', 'jobs-pv-claim']);
    expect(names('networkpolicies.networking.k8s.io', 'kasten-io')).toEqual([
      'cross-services-allow',
      'default-deny',
      'gateway',
    ]);
  });

  it('makes a new certificate for its data mover at every upgrade, whatever is asked for', async () => {
    const certificate = () => world.kubernetes.store.get('secrets', 'kasten-io', 'kopia-tls-cert')?.data;
    const before = certificate();
    expect(before).toEqual({ 'tls.crt': expect.stringMatching(/^LS0t/) });
    await world.upgrade(livedInValues);
    expect(certificate()).not.toEqual(before);
  });

  it('keeps the values exactly as somebody gave them', async () => {
    expect(JSON.parse(await world.helm(['get', 'values', 'k10', '-o', 'json']))).toEqual(livedInValues);
  });

  it('lets somebody in with a token of the cluster, and shows what the token may do', async () => {
    const visitor = new K10Visitor(world.dashboard);
    const action = `${world.dashboard.url}auth-svc/v0/token`;
    expect((await visitor.get(action, new URLSearchParams({ token: 'unknown' }))).status).toBe(401);
    const token = world.kubernetes.tokenFor('kasten-io', 'k10-k10');
    expect((await visitor.get(action, new URLSearchParams({ token }))).status).toBe(303);
    expect(await visitor.whoAmI()).toMatchObject({
      mode: 'token',
      user: 'system:serviceaccount:kasten-io:k10-k10',
      rights: { backup: true, pods: true },
    });
  });

  it('lets everybody in as an administrator once no way to sign in is switched on', async () => {
    await world.upgrade({ auth: { tokenAuth: { enabled: false } } });
    const visitor = new K10Visitor(world.dashboard);
    expect((await visitor.open(world.dashboard.url)).page).toContain('everyone is an administrator');
    expect(await visitor.whoAmI()).toMatchObject({ mode: 'direct', rights: { backup: true } });
  });
});

describe('what the chart refuses', () => {
  const upgrade = (values: unknown) => world.upgrade(values);

  it.each(['providerURL', 'redirectURL', 'scopes'])('an OIDC configuration without %s', async (field) => {
    await expect(upgrade(world.signInValues({ [field]: '' }))).rejects.toThrow(
      `auth.oidcAuth.${field} field is required!`,
    );
  });

  it.each(['clientID', 'clientSecret'])('one without %s when no Secret is named', async (field) => {
    const inline = { clientSecretName: '', clientID: 'id', clientSecret: 'text' };
    await expect(upgrade(world.signInValues({ ...inline, [field]: '' }))).rejects.toThrow(
      `auth.oidcAuth.${field} field is required!`,
    );
  });

  it('two ways to sign in at once', async () => {
    const two = { tokenAuth: { enabled: true }, basicAuth: { enabled: true, htpasswd: 'ann:x' } };
    await expect(upgrade({ auth: two })).rejects.toThrow('Multiple auth types were selected');
  });

  it('a prompt that OpenID Connect does not know', async () => {
    await expect(upgrade(world.signInValues({ prompt: 'always' }))).rejects.toThrow(
      "values don't meet the specifications of the schema",
    );
  });

  it('a value of the wrong type', async () => {
    await expect(upgrade({ auth: { oidcAuth: { enabled: 'yes' } } })).rejects.toThrow(
      "values don't meet the specifications of the schema",
    );
  });

  it('an Ingress while nobody has to sign in', async () => {
    await expect(upgrade({ ingress: { create: true } })).rejects.toThrow('Auth is required');
  });
});

describe('the repository', () => {
  it('has a newer version than the installed one, and an old one that knows no reference to a Secret', async () => {
    const values = (version: string) =>
      world.helm(['show', 'values', 'k10', '--repo', world.charts.url, '--version', version]);
    expect(await values('9.0.2')).toContain('clientSecretName:');
    expect(await values('4.5.9')).not.toContain('clientSecretName:');
    expect(await world.helm(['show', 'chart', 'k10', '--repo', world.charts.url])).toContain('9.0.2');
  });

  it('takes a packed chart that somebody gives, tells what it can do, and refuses one of something else', async () => {
    const helm = await helmBinary(4);
    const folder = await mkdtemp(join(tmpdir(), 'given-chart-'));
    const given = async (version: string) => {
      const path = join(folder, `${version}.tgz`);
      const found = world.charts.packages.find((chart) => chart.version === version);
      await writeFile(path, found?.archive ?? '');
      const { archive, ...told } = await readGivenChart(helm, path);
      return { ...told, whole: archive.equals(found?.archive ?? Buffer.alloc(0)) };
    };
    expect(await given('4.5.9')).toEqual({ version: '4.5.9', takesReference: false, whole: true });
    expect(await given('9.0.2')).toEqual({ version: '9.0.2', takesReference: true, whole: true });
    await execa(helm, ['create', 'vault'], { cwd: folder, env: { HOME: folder } });
    await expect(readGivenChart(helm, join(folder, 'vault'))).rejects.toThrow("chart vault, not K10's");
    await rm(folder, { recursive: true });
  });

  it('goes away and comes back at the same address', async () => {
    const look = () => world.helm(['show', 'chart', 'k10', '--repo', world.charts.url]);
    await world.charts.goAway();
    await expect(look()).rejects.toThrow('cannot be reached');
    await world.charts.comeBack();
    expect(await look()).toContain('name: k10');
  });
});
