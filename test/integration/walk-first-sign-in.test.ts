import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, everythingOf, OUTSIDER, Walk } from '../support/walk.ts';
import { EVERYTHING, TORN_DOWN, tearsDown } from '../support/walk-teardown.ts';

describe('the first sign-in after a set-up', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
    walk.sandbox.entra.knobs.mfaRequired = true;
  });
  afterAll(() => walk?.close());

  it('is waited for on the card, and not told of by somebody whom no group lets in', async () => {
    const card = await walk.runs(DONE, { addMe: ['admin'] });
    expect(textOf(card)).toContain('Waiting for the first sign-in.');
    await signIn(walk.sandbox.dashboard, OUTSIDER);
  });

  it('is seen after a restart, with the second factor, without a name, and stays on the card', async () => {
    await signIn(walk.sandbox.dashboard, ASKER);
    await walk.stopProcesses();
    await walk.startProcesses();
    const [card] = await walk.cards();
    if (card === undefined) throw new Error('There is no card.');
    const seen = await walk.becomes(card, /First sign-in seen/);
    expect(textOf(seen)).toMatch(
      /First sign-in seen\* at .*, second factor satisfied\. Entra's log does not show whether the groups arrived/,
    );
    expect(everythingOf(seen)).not.toContain(ASKER.email);
  });

  it('is not spoken of where the tenant has no licence for the log', async () => {
    await tearsDown(walk, TORN_DOWN, EVERYTHING);
    walk.sandbox.entra.knobs.premiumLicence = false;
    const card = await walk.runs(DONE, { addMe: ['admin'] });
    expect(textOf(card)).not.toMatch(/first sign-in/i);
  });
});
