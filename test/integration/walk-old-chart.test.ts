import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { livedInValues } from '../../sandbox/k10/install.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { ASKER, DONE, everythingOf, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
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
  });
});
