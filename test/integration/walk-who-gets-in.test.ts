import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, everythingOf, REFUSED, Walk } from '../support/walk.ts';
import { type SomebodysHelm, somebodysHelm } from '../support/walk-helm.ts';
import { EVERYTHING, TORN_DOWN, tearsDown } from '../support/walk-teardown.ts';

const OURS = expect.stringMatching(/^kasten_azure_[0-9a-f-]{36}$/);
const BY_HAND = '99999999-0000-4000-8000-000000000009';

describe('a K10 whose values decide in other places, too, who gets in', () => {
  let walk: Walk;
  let helm: SomebodysHelm;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        entra: (universe) => ({
          ...universe,
          applications: [
            ...(universe.applications ?? []),
            { clientId: BY_HAND, displayName: 'by hand', secrets: [{ text: 'hand~made' }] },
          ],
        }),
      },
      k10: {
        values: {
          auth: {
            tokenAuth: { enabled: true },
            groupAllowList: ['okta-backup-admins'],
            k10AdminUsers: ['ada@example.com'],
            oidcAuth: { enabled: false, secretName: 'by-hand', sessionDuration: '30m' },
          },
        },
      },
    });
    helm = await somebodysHelm(walk);
    const { entra, dashboard, kubernetes } = walk.sandbox;
    kubernetes.create('secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'by-hand', namespace: 'kasten-io' },
      stringData: {
        'provider-url': `${entra.url}/${entra.tenantId}/v2.0`,
        'redirect-url': dashboard.origin,
        'client-id': BY_HAND,
        'client-secret': 'hand~made',
        scopes: 'openid',
      },
    } as never);
  });
  afterAll(() => walk?.close());

  it('is refused while nobody could stay signed in', async () => {
    const values = await helm.values();
    const { auth } = values as { auth: { oidcAuth: object } };
    await helm.upgrade({
      ...values,
      auth: { ...auth, oidcAuth: { ...auth.oidcAuth, sessionDuration: '1 hour' } },
    });
    expect(textOf(await walk.gets(REFUSED))).toMatch(/sessionDuration is .*1 hour.*no duration/);
    await helm.upgrade(values);
  });

  it('shows before the approval which of them change, and which stay', async () => {
    const plan = await walk.plan({ addMe: ['admin'] });
    const said = everythingOf(plan);
    expect(said).toMatch(/auth\.oidcAuth\.secretName goes/);
    expect(said).toMatch(/K10 drops every group that is not on auth\.groupAllowList/);
    expect(said).toMatch(/the user ada@example\.com, the group okta-backup-admins/);
    expect(said).toMatch(/Stays as it is: auth\.oidcAuth\.sessionDuration/);
    await walk.approves(plan);
    expect(textOf(await walk.becomes(plan, /now signs in|stopped at/))).toMatch(DONE);
  });

  it('lets in who was added, with rights, and nobody becomes an administrator by the chart', async () => {
    expect(await signIn(walk.sandbox.dashboard, ASKER)).toMatchObject({
      who: {
        groups: [OURS],
        rights: { backup: true, settings: true, clusters: false },
      },
    });
    expect(await helm.values()).toMatchObject({
      auth: {
        // One for each level that was asked for.
        groupAllowList: ['okta-backup-admins', OURS, OURS],
        k10AdminGroups: ['okta-backup-admins'],
        oidcAuth: expect.not.objectContaining({ secretName: expect.anything() }),
      },
    });
  });

  it('shows as drift what somebody changes there afterwards, and mends it', async () => {
    const values = (await helm.values()) as { auth: { oidcAuth: object } };
    const { auth } = values;
    await helm.upgrade({
      ...values,
      auth: {
        ...auth,
        groupAllowList: ['okta-backup-admins'],
        oidcAuth: { ...auth.oidcAuth, secretName: 'by-hand' },
      },
    });
    const plan = await walk.plan({ addMe: ['admin'] });
    expect(everythingOf(plan)).toMatch(/~ k10 7\.5\.10, stays at that version: auth \(2 values\)/);
    await walk.approves(plan);
    expect(textOf(await walk.becomes(plan, /now signs in|stopped at/))).toMatch(DONE);
    expect(await helm.values()).toEqual(values);
  });

  it('gets all of it back with the tear-down', async () => {
    await tearsDown(walk, TORN_DOWN, EVERYTHING);
    expect(await helm.values()).toEqual(await helm.values(1));
  });
});
