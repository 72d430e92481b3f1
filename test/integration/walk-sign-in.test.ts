import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { livedInValues } from '../../sandbox/k10/install.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, everythingOf, OUTSIDER, STOPPED, Walk } from '../support/walk.ts';
import { somebodysHelm } from '../support/walk-helm.ts';
import { applicationOf, secretsOf } from '../support/walk-state.ts';

describe('signing in with groups of the application only, and when something about it breaks', () => {
  let walk: Walk;
  let card: SlackMessage;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        entra: (usual) => ({
          ...usual,
          applications: (usual.applications ?? []).map((one) => ({
            ...one,
            permissions: [
              ...(one.permissions ?? []),
              'AppRoleAssignment.ReadWrite.All',
              'Application.Read.All',
            ],
          })),
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  it('names the permission that assigning groups needs', async () => {
    const before = (await walk.cards()).length;
    expect(await walk.asksWithAdvanced({ groupClaims: 'ApplicationGroup', addMe: ['admin'] })).toEqual({});
    card = await walk.newCard(before, /Waits for/);
    expect(everythingOf(card)).toMatch(/assignment of the group for admin to the application/);
    walk.sandbox.entra.knobs.revokedPermissions = ['AppRoleAssignment.ReadWrite.All'];
    await walk.approves(card);
    const stopped = textOf(await walk.becomes(card, STOPPED));
    expect(stopped).toMatch(/stopped at "Enterprise application"/);
    expect(stopped).toMatch(/lacks the Graph permission AppRoleAssignment\.ReadWrite\.All/);
  });

  it('assigns the groups once it may, and people sign in with them', async () => {
    walk.sandbox.entra.knobs.revokedPermissions = [];
    await walk.presses(card, 'retry', ASKER);
    await walk.becomes(card, DONE);
    expect(applicationOf(walk.sandbox)?.properties['groupMembershipClaims']).toBe('ApplicationGroup');
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({
      signedIn: true,
      who: { rights: { backup: true } },
    });
  });

  it('leaves all other values of the release as they were, types, nulls and lines included', async () => {
    const { auth: _auth, ...others } = await (await somebodysHelm(walk)).values();
    const { auth: _before, ...before } = livedInValues;
    expect(others).toEqual(before);
  });

  it('may do nothing in K10 where the binding is missing', async () => {
    const { store } = walk.sandbox.kubernetes;
    const kind = 'clusterrolebindings.rbac.authorization.k8s.io';
    const binding = store.remove(kind, '', 'kastellan-admin-k10-admin');
    const visit = await signIn(walk.sandbox.dashboard, ASKER);
    expect(visit).toMatchObject({ signedIn: true, who: { rights: { backup: false } } });
    if (binding !== undefined) store.put(kind, binding);
  });

  it("fails with Entra's own code where the redirect URI is wrong or the secret has ended", async () => {
    const application = applicationOf(walk.sandbox);
    if (application === undefined) throw new Error('no application');
    const { web } = application.properties;
    application.properties['web'] = { ...(web as object), redirectUris: ['https://elsewhere.example/'] };
    const wrong = await signIn(walk.sandbox.dashboard, ASKER);
    expect(wrong).toMatchObject({ signedIn: false, page: expect.stringContaining('AADSTS50011') });
    application.properties['web'] = web;

    const [secret] = secretsOf(application);
    if (secret === undefined) throw new Error('no secret');
    secret['endDateTime'] = '2020-01-01T00:00:00Z';
    const ended = await signIn(walk.sandbox.dashboard, ASKER);
    expect(ended).toMatchObject({ signedIn: false, page: expect.stringContaining('AADSTS7000222') });
  });

  it('shows the ended secret as drift, replaces it, and lets people sign in again', async () => {
    const outsider = walk.user(OUTSIDER);
    await outsider.types('status');
    await outsider.readsPrivately('the drift', /drift: create 1, change 1|drift: .*create/);
    const before = (await walk.cards()).length;
    await walk.asksWithAdvanced({ groupClaims: 'ApplicationGroup', addMe: ['admin'] });
    const plan = await walk.newCard(before, /Waits for/);
    expect(everythingOf(plan)).toContain('client secret valid 180 days');
    await walk.approves(plan);
    await walk.becomes(plan, DONE);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });
});
