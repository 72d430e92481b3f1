import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { livedInValues } from '../../sandbox/k10/install.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { rightsFor } from '../../src/adapters/kubernetes/rights.ts';
import { openAdmin } from '../cluster/support/admin.ts';
import { ADDRESS, takeRights } from '../cluster/support/without-right.ts';
import { ASKER, DONE, everythingOf, REFUSED, ROTATED, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { keysIn, ownSecrets, secretInUse, stopsAtOldSecret } from '../support/walk-secrets.ts';
import { applicationOf, clusterWrites, entraWrites, secretTexts } from '../support/walk-state.ts';

describe('Helm 3, and a chart that knows no reference to a Secret', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({ helm: 3, k10: { version: '4.5.9' } });
  });
  afterAll(() => walk?.close());

  it('puts the secret into the values, and never shows it', async () => {
    const plan = await walk.plan({ addMe: ['admin'] });
    expect(everythingOf(plan)).toContain('k10 4.5.9, stays at that version');
    await walk.presses(plan, 'diff', ASKER);
    const { control } = walk.sandbox.slack;
    const diff = JSON.stringify(await control.untilModal(ASKER.slackId));
    expect(diff).toMatch(/auth\.oidcAuth\.clientSecret: \(secret\)/);
    await control.closeView(ASKER.slackId, control.modals(ASKER.slackId).at(-1)?.id ?? '');
    await walk.approves(plan);
    await walk.becomes(plan, DONE);

    const [secret = 'none'] = secretTexts(walk.sandbox, applicationOf(walk.sandbox));
    const helm = await somebodysHelm(walk);
    expect((await helm.values())['auth']).toMatchObject({
      oidcAuth: { enabled: true, clientSecret: secret },
    });
    expect((await helm.state()).chart).toBe('k10-4.5.9');
    expect(JSON.stringify(walk.sandbox.slack.traffic.entries)).not.toContain(secret);
    expect(await walk.log()).not.toContain(secret);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('keeps all other values in their meaning', async () => {
    const values = await (await somebodysHelm(walk)).values();
    const { auth: _auth, ...others } = values;
    const { auth: _before, ...before } = livedInValues;
    expect(others).toEqual(before);
    expect(values['auth']).toMatchObject({
      tokenAuth: { enabled: false },
      ldap: { bindPW: '', enabled: false },
    });
  });

  it('finds no drift afterwards, and a drift where somebody changed the secret', async () => {
    const [entra, cluster] = [entraWrites(walk.sandbox), clusterWrites(walk.sandbox)];
    await walk.gets(/Nothing to do/, { addMe: ['admin'] });
    expect([entraWrites(walk.sandbox), clusterWrites(walk.sandbox)]).toEqual([entra, cluster]);
    const helm = await somebodysHelm(walk);
    const values = await helm.values();
    const auth = values['auth'] as { oidcAuth: object };
    const another = { ...auth, oidcAuth: { ...auth.oidcAuth, clientSecret: 'somebody-elses-secret' } };
    await helm.upgrade({ ...values, auth: another }, '4.5.9');
    const plan = await walk.plan({ addMe: ['admin'] });
    expect(everythingOf(plan)).toMatch(/auth \(1 value\)/);
    expect(everythingOf(plan)).not.toContain('somebody-elses-secret');
    await walk.withdraws(plan);
    await helm.upgrade(values, '4.5.9');
  });

  it('has the secret rotated by an upgrade that changes nothing else', async () => {
    const helm = await somebodysHelm(walk);
    const [before, revision] = [await helm.values(), (await helm.state()).revision];
    const [oldKey] = keysIn(walk.sandbox);
    const plan = await walk.rotates(/Waits for/);
    expect(everythingOf(plan)).toMatch(/~ k10 4\.5\.9, stays at that version: the client secret/);
    expect(everythingOf(plan)).not.toMatch(/restart of the Deployments/);
    await walk.approves(plan);
    const done = await walk.becomes(plan, ROTATED);
    expect(textOf(done)).toMatch(/K10's pods started with the new secret/);
    const [secret = 'none'] = secretTexts(walk.sandbox, applicationOf(walk.sandbox));
    const oidcAuth = (before['auth'] as { oidcAuth: object }).oidcAuth;
    expect(await helm.values()).toEqual({
      ...before,
      auth: { ...(before['auth'] as object), oidcAuth: { ...oidcAuth, clientSecret: secret } },
    });
    expect(Number((await helm.state()).revision)).toBe(Number(revision) + 1);
    expect(keysIn(walk.sandbox)).toHaveLength(1);
    expect(keysIn(walk.sandbox)).not.toContain(oldKey);
    expect(secretInUse(walk.sandbox)).toBe(secret);
    expect(JSON.stringify(walk.sandbox.slack.traffic.entries)).not.toContain(secret);
    expect(await walk.log()).not.toContain(secret);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('has the old secret back in the values when the rotation is rolled back', async () => {
    const helm = await somebodysHelm(walk);
    const before = await helm.values();
    const stopped = await stopsAtOldSecret(walk);
    expect(await helm.values()).not.toEqual(before);
    await walk.presses(stopped, 'roll-back', ASKER);
    await walk.becomes(stopped, /was rolled back/);
    expect(await helm.values()).toEqual(before);
    expect(keysIn(walk.sandbox)).toHaveLength(1);
    expect(ownSecrets(walk.sandbox)).toEqual(['kastellan-k10-oidc']);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('is not rotated if Helm may not change an object of the release, which is said before anything is changed', async () => {
    const rights = rightsFor(ADDRESS, 'both').filter(
      ({ verb, resource }) => verb === 'patch' && resource === 'networkpolicies',
    );
    const giveBack = await takeRights(openAdmin(walk.sandbox.clusters[0].kubeconfig), rights);
    const before = [entraWrites(walk.sandbox), clusterWrites(walk.sandbox)];
    const card = await walk.rotates(REFUSED);
    expect(textOf(card)).toMatch(/lacks rights in Kubernetes: .*patch networkpolicies/);
    expect([entraWrites(walk.sandbox), clusterWrites(walk.sandbox)]).toEqual(before);
    await giveBack();
  });

  it('is not rotated where somebody else keeps the values', async () => {
    const { store } = walk.sandbox.kubernetes;
    const gateway = structuredClone(store.get('deployments.apps', 'kasten-io', 'gateway'));
    if (gateway === undefined) throw new Error('There is no gateway');
    gateway.metadata.labels = { ...gateway.metadata.labels, 'helm.toolkit.fluxcd.io/name': 'k10' };
    store.put('deployments.apps', gateway);
    const card = await walk.rotates(REFUSED);
    expect(textOf(card)).toMatch(/takes the client secret only inside its values, and those are kept by/);
    expect(textOf(card)).toMatch(/Upgrade K10 to a chart that knows auth\.oidcAuth\.clientSecretName/);
  });
});
