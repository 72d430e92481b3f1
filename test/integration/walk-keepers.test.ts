import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import type { JsonObject } from '../../sandbox/kubernetes/json.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, everythingOf, OUTSIDER, REFUSED, ROTATED, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { ARGO, asSomebody, codeOf, merged } from '../support/walk-keepers.ts';
import { keysIn, removeSecretByHand, secretInUse } from '../support/walk-secrets.ts';
import { clusterWrites, entraWrites } from '../support/walk-state.ts';

const FLUX = {
  path: '/apis/helm.toolkit.fluxcd.io/v2/namespaces/kasten-io/helmreleases',
  object: {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'k10', namespace: 'kasten-io' },
    spec: { releaseName: 'k10' },
  },
};
const OPERATOR = {
  path: '/apis/apik10.kasten.io/v1alpha1/namespaces/kasten-io/k10s',
  object: {
    apiVersion: 'apik10.kasten.io/v1alpha1',
    kind: 'K10',
    metadata: { name: 'k10', namespace: 'kasten-io' },
    spec: {},
  },
};

describe('a release that somebody else keeps', () => {
  let walk: Walk;
  let done: SlackMessage;
  beforeAll(async () => {
    walk = await Walk.start();
    const { kubernetes } = walk.sandbox;
    for (const family of ['argo', 'flux', 'k10-operator'] as const) kubernetes.installCustomResources(family);
    kubernetes.create('namespaces', { metadata: { name: 'argocd' } });
  });
  afterAll(() => walk?.close());

  it('names what is really missing where Argo CD keeps K10 and Helm has no record of it', async () => {
    const bare = await Walk.start({ k10: 'none' });
    try {
      const { kubernetes } = bare.sandbox;
      kubernetes.installCustomResources('argo');
      kubernetes.create('namespaces', { metadata: { name: 'argocd' } });
      await asSomebody(bare, 'POST', ARGO.path, ARGO.object);
      const card = await bare.gets(REFUSED);
      // No release and no roles: what is missing is K10's roles, not a Helm release.
      expect(textOf(card)).toMatch(/k10-admin is not there/);
      expect(textOf(card)).not.toMatch(/no Helm release/);
    } finally {
      await bare.close();
    }
  });

  it.each([
    ['Flux', FLUX, /kept by Flux \(kasten-io\/k10\)/],
    ["K10's operator", OPERATOR, /kept by K10's operator \(k10\)/],
  ])('is left to %s, says the plan', async (_keeper, { path, object }, words) => {
    await asSomebody(walk, 'POST', path, object);
    const plan = await walk.plan();
    expect(textOf(plan)).toMatch(words);
    expect(everythingOf(plan)).not.toContain('"text":"*Helm*');
    await walk.withdraws(plan);
    await asSomebody(walk, 'DELETE', `${path}/${object.metadata.name}`);
  });

  it('is left to Argo CD: Kastellan does the rest and hands over the values to commit', async () => {
    await asSomebody(walk, 'POST', ARGO.path, ARGO.object);
    const plan = await walk.plan({ addMe: ['admin'] });
    expect(textOf(plan)).toMatch(/kept by Argo CD \(argocd\/kasten\).*values to commit/);
    expect(textOf(plan)).not.toMatch(/Restarts/);
    await walk.approves(plan);
    done = await walk.becomes(plan, /one commit is left for you/);
    expect(textOf(done)).toMatch(/commit these values where Argo CD reads them/);
    expect(clusterWrites(walk.sandbox).filter((write) => /helm\.release|deployments/.test(write))).toEqual(
      [],
    );
    expect((await (await somebodysHelm(walk)).state()).revision).toBe('1');
    expect((await signIn(walk.sandbox.dashboard, ASKER)).signedIn).toBe(false);
  });

  it('does nothing more when asked again before the commit, and status says what waits', async () => {
    const [entra, cluster] = [entraWrites(walk.sandbox), clusterWrites(walk.sandbox)];
    const early = await walk.rotates(REFUSED);
    expect(textOf(early)).toMatch(/No Deployment of k10 reads the Kubernetes Secret kastellan-k10-oidc/);
    const card = await walk.gets(/Nothing to do|[Nn]othing was changed/, { addMe: ['admin'] });
    expect(everythingOf(card)).toMatch(/clientSecretName/);
    expect([entraWrites(walk.sandbox), clusterWrites(walk.sandbox)]).toEqual([entra, cluster]);
    const outsider = walk.user(OUTSIDER);
    await outsider.types('status');
    await outsider.readsPrivately('what waits', /nothing to change besides values to commit for Argo CD/);
  });

  it('signs people in once the very values of the card were committed', async () => {
    const helm = await somebodysHelm(walk);
    const handed = load(codeOf(done)) as JsonObject;
    const values = await helm.values();
    await helm.upgrade({
      ...values,
      auth: merged(values['auth'] as JsonObject, handed['auth'] as JsonObject),
    });
    const visit = await signIn(walk.sandbox.dashboard, ASKER);
    expect(visit).toMatchObject({ signedIn: true, who: { rights: { backup: true } } });
    const card = await walk.gets(/Nothing to do/, { addMe: ['admin'] });
    expect(textOf(card)).toMatch(/dashboard redirects with this app · values as planned/);
  });

  it('has its secret rotated all the same: no value changes', async () => {
    const helm = await somebodysHelm(walk);
    const { revision } = await helm.state();
    const before = secretInUse(walk.sandbox);
    const plan = await walk.rotates(/Waits for/);
    await walk.approves(plan);
    await walk.becomes(plan, ROTATED);
    expect(secretInUse(walk.sandbox)).not.toBe(before);
    expect((await helm.state()).revision).toBe(revision);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('gets a new secret by set-up, too, and K10 is restarted for it', async () => {
    const [key = ''] = keysIn(walk.sandbox);
    removeSecretByHand(walk.sandbox, key);
    await walk.runs(/now signs in through Entra/, { addMe: ['admin'] });
    expect(keysIn(walk.sandbox)).toHaveLength(1);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('is seen as it is without a record of Helm, too: Argo CD leaves none', async () => {
    const secrets = walk.sandbox.kubernetes.store.list('secrets', 'kasten-io');
    const records = secrets
      .map(({ metadata }) => metadata.name)
      .filter((name) => name.startsWith('sh.helm.release'));
    expect(records.length).toBeGreaterThan(0);
    for (const name of records)
      await asSomebody(walk, 'DELETE', `/api/v1/namespaces/kasten-io/secrets/${name}`);
    const settled = await walk.gets(/Nothing to do/, { addMe: ['admin'] });
    expect(textOf(settled)).toMatch(/dashboard redirects with this app/);
  });
});
