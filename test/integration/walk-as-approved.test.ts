import { afterEach, describe, expect, it } from '@jest/globals';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { applicationOf, secretTexts } from '../support/walk-state.ts';

describe('a Helm upgrade for sign-in', () => {
  let walk: Walk | undefined;

  afterEach(() => walk?.close());

  it('passes the secret by reference where the chart can, whatever its user has taken away', async () => {
    const auth = { tokenAuth: { enabled: true }, oidcAuth: { clientSecretName: null } };
    walk = await Walk.start({ k10: { values: { auth } } });
    const card = await walk.runs(/now signs in|stopped at/, { addMe: ['admin'] });
    expect(textOf(card)).toMatch(/now signs in/);
    const values = JSON.stringify(await (await somebodysHelm(walk)).values());
    expect(values).toContain('"clientSecretName":"kastellan-');
    for (const secret of secretTexts(walk.sandbox, applicationOf(walk.sandbox)))
      expect(values).not.toContain(secret);
  });
});
