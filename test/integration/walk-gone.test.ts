import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, everythingOf, OUTSIDER, REFUSED, Walk } from '../support/walk.ts';
import { applicationOf, clusterWrites, entraWrites, groupsNamed } from '../support/walk-state.ts';
import { asksToTearDown, EVERYTHING, sendsTeardown } from '../support/walk-teardown.ts';

const HOUR_MS = 3_600_000;
const GONE = { ...EVERYTHING, gone: 'prod-eu' };

describe('tearing down a cluster that is gone for good', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        configuration: (usual) => ({
          ...usual,
          accessLevels: [
            // Its end wants something of the cluster, which cannot be had any more.
            {
              name: 'admin',
              description: 'Everything',
              roles: ['admin'],
              group: 'Kasten Users',
              access: { atEnd: 'both' },
            },
          ],
        }),
      },
    });
    // With nobody else in the group, its bindings would rest once access ends.
    await walk.runs(DONE);
    const before = (await walk.cards()).length;
    await walk.user(OUTSIDER).types('access admin 1h restore shop-db');
    const access = await walk.newCard(before, /Waits for/);
    await walk.approves(access);
    await walk.becomes(access, /Granted until/);
  });
  afterAll(() => walk?.close());

  it('takes no other name than its own for saying so', async () => {
    expect(await sendsTeardown(walk, { gone: 'prod-us' })).toEqual({
      gone: 'Type prod-eu if that is gone for good; else leave this empty.',
    });
  });

  it('is refused as long as the cluster answers', async () => {
    const writes = entraWrites(walk.sandbox);
    const card = await asksToTearDown(walk, REFUSED, GONE);
    expect(textOf(card)).toMatch(
      /prod-eu is not gone\. Its Kubernetes API answers\. Its dashboard, https:\S+, sends people to sign in with this app\./,
    );
    expect(entraWrites(walk.sandbox)).toEqual(writes);
  });

  it('is refused as long as its dashboard sends people to the app, though its API does not answer', async () => {
    walk.sandbox.kubernetes.faults.away(24 * HOUR_MS);
    const card = await asksToTearDown(walk, REFUSED, GONE);
    expect(textOf(card)).toMatch(/prod-eu is not gone\. Its dashboard, https:\S+, sends people/);
    expect(textOf(card)).not.toContain('API answers');
  });

  it('is never what happens by itself: a cluster that does not answer is not torn down', async () => {
    await walk.sandbox.dashboard.close();
    const writes = entraWrites(walk.sandbox);
    const card = await asksToTearDown(walk, REFUSED, EVERYTHING);
    expect(textOf(card)).toMatch(/Kubernetes API does not answer/);
    expect(entraWrites(walk.sandbox)).toEqual(writes);
  });

  it('says on the plan who claims it, what goes, and what nobody looked at', async () => {
    const plan = await asksToTearDown(walk, /Waits for/, GONE);
    expect(textOf(plan)).toMatch(/<@U0ADA> says that \*prod-eu is gone for good\*/);
    expect(textOf(plan)).toMatch(/Kastellan cannot tell: the asker says so\. .*API does not answer/);
    expect(textOf(plan)).toMatch(/Nothing in the cluster is looked at or changed\./);
    expect(textOf(plan)).toMatch(/Access for a time ends with it .*Dan Outsider/);
    expect(everythingOf(plan)).toMatch(/- app kasten-service/);
    expect(everythingOf(plan)).toMatch(/- group Kasten Users/);
    expect(everythingOf(plan)).not.toMatch(/Binding|~ k10/);
    await walk.withdraws(plan);
  });

  it('removes what is in Entra, ends access for a time, and says what was not looked at', async () => {
    const before = clusterWrites(walk.sandbox).length;
    const plan = await asksToTearDown(walk, /Waits for/, GONE);
    await walk.approves(plan);
    const card = await walk.becomes(plan, /What prod-eu had left in Entra is removed/);
    expect(textOf(card)).toMatch(/Proved just now:\* app is gone · admin group is gone/);
    expect(textOf(card)).toContain('Access for a time (1 ended)');
    expect(textOf(card)).toMatch(/Not looked at:\* the cluster, which was said to be gone/);
    expect(applicationOf(walk.sandbox)).toBeUndefined();
    expect(groupsNamed(walk.sandbox, 'Kasten Users')).toEqual([]);
    expect(clusterWrites(walk.sandbox)).toHaveLength(before);
    await walk
      .user(ASKER)
      .readsPrivately('the result', /What prod-eu had left in Entra is removed\..*was not looked at/);
  });

  it('is done then: there is nothing to tear down any more', async () => {
    expect(await sendsTeardown(walk, GONE)).toEqual({
      cluster: 'Kastellan has set nothing up on prod-eu, or tore it down already.',
    });
  });
});
