import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, OUTSIDER, REFUSED, Walk } from '../support/walk.ts';
import { applicationOf, entraState } from '../support/walk-state.ts';

const ASSIGNING = ['AppRoleAssignment.ReadWrite.All', 'Application.Read.All'];

describe('a tenant in which somebody changed what decides about sign-in', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        entra: (usual) => ({
          ...usual,
          applications: (usual.applications ?? []).map((one) => ({
            ...one,
            permissions: [...(one.permissions ?? []), ...ASSIGNING],
          })),
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  const clientId = (): string => String(applicationOf(walk.sandbox)?.properties['appId']);

  it('let people in before', async () => {
    await walk.runs(DONE, { addMe: ['admin'] });
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({ signedIn: true });
  });

  it('keeps everybody out, which status says with what people see', async () => {
    const { portal } = walk.sandbox.entra;
    const groups = {
      name: 'groups',
      source: null,
      essential: false,
      additionalProperties: ['emit_as_roles'],
    };
    portal.changeApplication(clientId(), { optionalClaims: { idToken: [groups] } });
    portal.changePrincipal(clientId(), { accountEnabled: false, appRoleAssignmentRequired: true });
    const refused = await signIn(walk.sandbox.dashboard, ASKER);
    expect(refused).toMatchObject({ signedIn: false, page: expect.stringContaining('AADSTS7000112') });
    await walk.user(OUTSIDER).types('status');
    const user = walk.user(OUTSIDER);
    await user.readsPrivately('what keeps them out', /AADSTS7000112/);
    await user.readsPrivately('who is not assigned', /AADSTS50105/);
  });

  it('refuses a set-up that could let nobody in, and changes nothing', async () => {
    const { knobs } = walk.sandbox.entra;
    knobs.revokedPermissions = [...ASSIGNING];
    await walk.stopProcesses();
    await walk.startProcesses();
    const before = entraState(walk.sandbox);
    const card = await walk.gets(REFUSED, { addMe: ['admin'] });
    expect(textOf(card)).toMatch(/AADSTS50105.*may not assign groups/);
    expect(entraState(walk.sandbox)).toEqual(before);
    knobs.revokedPermissions = [];
    await walk.stopProcesses();
    await walk.startProcesses();
  });

  it('is put right by a set-up, which says so first, and lets people in with their rights', async () => {
    const card = await walk.plan({ addMe: ['admin'] });
    expect(textOf(card)).toMatch(
      /switched off in Entra.*emit_as_roles|emit_as_roles.*switched off in Entra/s,
    );
    await walk.approves(card);
    await walk.becomes(card, DONE);
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({
      signedIn: true,
      who: { rights: { backup: true } },
    });
  });
});
