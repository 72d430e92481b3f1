import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, ROTATED, Walk } from '../support/walk.ts';
import {
  addSecretByHand,
  editSecretByHand,
  keysIn,
  ownSecrets,
  removeSecretByHand,
  secretInUse,
} from '../support/walk-secrets.ts';
import { applicationOf, secretTexts } from '../support/walk-state.ts';

const SECRET = 'kastellan-k10-oidc';
const ADD = '/addPassword';

describe('a rotation that does not come up, or meets what others did', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: { configuration: (usual) => ({ ...usual, setup: { upgradeTimeout: '5s' } }) },
    });
    await walk.runs(DONE, { addMe: ['admin'] });
  });
  afterEach(() => walk?.sandbox.kubernetes.gate.release());
  afterAll(() => walk?.close());

  const keys = () => keysIn(walk.sandbox);
  const inUse = () => secretInUse(walk.sandbox);

  it('has the old secret in place again at once, and says so, when K10 does not become ready', async () => {
    const [old, oldKeys] = [inUse(), keys()];
    const plan = await walk.rotates(/Waits for/);
    walk.sandbox.kubernetes.gate.hold();
    await walk.approves(plan);
    const stopped = textOf(await walk.becomes(plan, /stopped at/));
    expect(stopped).toMatch(/stopped at "Kubernetes Secret kastellan-k10-oidc and restart"/);
    expect(stopped).toMatch(/-svc did not become ready/);
    expect(stopped).toMatch(/The old secret is in place again and good, but K10 is not ready with it either/);
    expect(inUse()).toBe(old);
    expect(keys()).toEqual(expect.arrayContaining(oldKeys));
    expect(keys()).toHaveLength(2);
    walk.sandbox.kubernetes.gate.release();
    await walk.until('K10 with the old secret', async () =>
      (await signIn(walk.sandbox.dashboard, ASKER)).signedIn ? true : undefined,
    );
  });

  it('refuses another rotation until this one has come to its end', async () => {
    const user = walk.user(ASKER);
    await user.types('rotate');
    await user.readsPrivately(
      'what is in the way',
      /It stopped and waits for somebody.*Retry it or roll it back first/,
    );
  });

  it('goes on from there with the same new secret when K10 is well again', async () => {
    const added = addings();
    const [card] = (await walk.cards()).slice(-1);
    if (card === undefined) throw new Error('no card');
    await walk.presses(card, 'retry', APPROVER);
    await walk.becomes(card, ROTATED);
    expect(addings()).toBe(added);
    expect(keys()).toHaveLength(1);
    expect(ownSecrets(walk.sandbox)).toEqual([SECRET]);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('removes only the secret that was in use, whatever else the application has', async () => {
    const [old] = keys();
    const theirs = addSecretByHand(walk.sandbox);
    const plan = await walk.rotates(/Waits for/);
    await walk.approves(plan);
    await walk.becomes(plan, ROTATED);
    expect(keys()).toHaveLength(2);
    expect(keys()).toContain(theirs.keyId);
    expect(keys()).not.toContain(old);
    removeSecretByHand(walk.sandbox, theirs.keyId);
  });

  it('removes none where somebody put another one in by hand, and says it before and after', async () => {
    const [old] = keys();
    const theirs = addSecretByHand(walk.sandbox);
    editSecretByHand(walk.sandbox, theirs.text);
    const plan = await walk.rotates(/Waits for/);
    expect(textOf(plan)).toMatch(/put another secret into the Kubernetes Secret by hand.*removes none/);
    expect(everythingOf(plan)).not.toContain('- client secret');
    await walk.approves(plan);
    const done = await walk.becomes(plan, ROTATED);
    expect(textOf(done)).toMatch(/old one not removed by Kastellan/);
    expect(keys()).toEqual(expect.arrayContaining([old, theirs.keyId]));
    expect(secretTexts(walk.sandbox, applicationOf(walk.sandbox))).toContain(inUse());
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
    removeSecretByHand(walk.sandbox, theirs.keyId);
    removeSecretByHand(walk.sandbox, old ?? '');
  });

  it('keeps the new secret, and says that there is no way back, where the old one was gone before', async () => {
    removeSecretByHand(walk.sandbox, keys()[0] ?? '');
    const plan = await walk.rotates(/Waits for/);
    expect(textOf(plan)).toMatch(/gone from Entra already: nobody can sign in now/);
    walk.sandbox.kubernetes.gate.hold();
    await walk.approves(plan);
    const stopped = textOf(await walk.becomes(plan, /stopped at/));
    expect(stopped).toMatch(/The old client secret is gone from Entra or has ended: K10 keeps the new one/);
    await walk.presses(plan, 'roll-back', ASKER);
    const stuck = await walk.becomes(plan, /needs a person/);
    expect(everythingOf(stuck)).toMatch(/still holds the new client secret, so that one stays in Entra/);
    walk.sandbox.kubernetes.gate.release();
    expect(secretTexts(walk.sandbox, applicationOf(walk.sandbox))).toEqual([inUse()]);
    await walk.until('K10 with the new secret', async () =>
      (await signIn(walk.sandbox.dashboard, ASKER)).signedIn ? true : undefined,
    );
    // Another rotation is the way on.
    const next = await walk.rotates(/Waits for/);
    await walk.approves(next);
    await walk.becomes(next, ROTATED);
    expect(keys()).toHaveLength(1);
    expect(ownSecrets(walk.sandbox)).toEqual([SECRET]);
  });

  function addings(): number {
    return walk.sandbox.entra.requestLog.filter(({ url }) => url.endsWith(ADD)).length;
  }
});
