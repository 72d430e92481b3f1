import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, OUTSIDER, ROTATED, Walk } from '../support/walk.ts';
import { keysIn, ownSecrets, secretInUse, stopsAtOldSecret } from '../support/walk-secrets.ts';
import { applicationOf, clusterWrites, secretData, secretsOf, secretTexts } from '../support/walk-state.ts';

const SECRET = 'kastellan-k10-oidc';

describe('a rotation', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
  });
  afterAll(() => walk?.close());

  const keys = () => keysIn(walk.sandbox);

  it('is not to be had for a cluster that was not set up, and says what to do', async () => {
    const user = walk.user(ASKER);
    await user.types('rotate');
    await user.readsPrivately('why not', /was not set up through Kastellan.*\/kasten setup/);
    expect(await walk.cards()).toHaveLength(0);
  });

  it('waits while a set-up is under way, and names it', async () => {
    const plan = await walk.plan({ addMe: ['admin'], secretLifetimeDays: '90' });
    const user = walk.user(OUTSIDER);
    await user.types('rotate prod-eu');
    await user.readsPrivately(
      'what is in the way',
      /the set-up on prod-eu \(request \w{8}\) is not over yet/,
    );
    await walk.approves(plan);
    await walk.becomes(plan, DONE);
  });

  it('shows which secret comes, who restarts, and which one goes by its hint, before anything is changed', async () => {
    const [old] = secretsOf(applicationOf(walk.sandbox));
    const [before] = [clusterWrites(walk.sandbox)];
    const plan = await walk.rotates(/Waits for/);
    const shown = everythingOf(plan);
    expect(shown).toMatch(/\+ client secret of kasten-service valid 90 days/);
    expect(shown).toContain(
      'Differs from the configuration: lifetime of the client secret 90 days instead of 180 days.',
    );
    expect(shown).toMatch(/~ Secret kasten-io\/kastellan-k10-oidc gets the new secret/);
    expect(shown).toMatch(
      /~ restart of the Deployments that read it: auth-svc, controllermanager-svc, dashboardbff-svc/,
    );
    expect(shown).toContain(`- client secret ${old?.['hint']}...`);
    expect(clusterWrites(walk.sandbox)).toEqual(before);
    expect(keys()).toHaveLength(1);
    const user = await walk.presses(plan, 'approve', ASKER);
    await user.readsPrivately('a refusal', /You asked for this yourself/);
    await walk.withdraws(plan);
  });

  it('puts a new secret in use, proves it, removes the old one and nothing else', async () => {
    const [oldKey] = keys();
    const [oldText] = secretTexts(walk.sandbox, applicationOf(walk.sandbox));
    const before = clusterWrites(walk.sandbox).length;
    const plan = await walk.rotates(/Waits for/);
    await walk.approves(plan);
    const done = await walk.becomes(plan, ROTATED);
    expect(textOf(done)).toMatch(/new secret ends .* old one removed/);
    expect(textOf(done)).toMatch(
      /Proved just now:\* issuer matches · new secret accepted · dashboard redirects with this app · K10's pods started with the new secret/,
    );
    const [newKey] = keys();
    const [newText = 'none'] = secretTexts(walk.sandbox, applicationOf(walk.sandbox));
    expect(keys()).toHaveLength(1);
    expect(newKey).not.toBe(oldKey);
    expect(newText).not.toBe(oldText);
    expect(secretData(walk.sandbox, SECRET)).toEqual({
      'client-id': applicationOf(walk.sandbox)?.properties['appId'],
      'client-secret': newText,
    });
    const restarted = clusterWrites(walk.sandbox)
      .slice(before)
      .flatMap((write) => /PATCH .*\/deployments\/(\S+) 200/.exec(write)?.[1] ?? []);
    expect(restarted.toSorted()).toEqual(['auth-svc', 'controllermanager-svc', 'dashboardbff-svc']);
    expect(ownSecrets(walk.sandbox)).toEqual([SECRET]);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
    await walk.user(ASKER).readsPrivately('the end', /signs in with a new client secret now/);
  });

  it('can be rolled back until the old secret is removed, and K10 signs in with the old one then', async () => {
    const before = keys();
    const text = secretInUse(walk.sandbox);
    const card = await stopsAtOldSecret(walk);
    expect(keys()).toHaveLength(2);
    expect(secretInUse(walk.sandbox)).not.toBe(text);
    await walk.presses(card, 'roll-back', APPROVER);
    await walk.becomes(card, /was rolled back/);
    expect(keys()).toEqual(before);
    expect(secretInUse(walk.sandbox)).toBe(text);
    expect(ownSecrets(walk.sandbox)).toEqual([SECRET]);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });
});
