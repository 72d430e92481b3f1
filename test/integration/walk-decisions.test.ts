import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { APPROVERS_HANDLE } from '../../sandbox/cast.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, OUTSIDER, SECOND, Walk } from '../support/walk.ts';
import { clusterWrites, entraWrites } from '../support/walk-state.ts';

describe('decisions, where two different people have to approve', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        configuration: (usual) => ({
          ...usual,
          approvals: { setup: { ...usual.approvals.setup, required: 2 } },
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  it('tells who asked why it was denied, and a late click what was decided by whom', async () => {
    const card = await walk.plan();
    const approver = await walk.presses(card, 'deny', APPROVER);
    const modal = await walk.sandbox.slack.control.untilModal(APPROVER.slackId);
    await approver.submits(modal, { reason: 'Not before the freeze ends.' });
    const denied = await walk.becomes(card, /was denied/);
    expect(textOf(denied)).toMatch(/<@U0BEN> denied this .*Not before the freeze ends/);
    await walk.user(ASKER).readsPrivately('the reason', /denied .*Not before the freeze ends/);

    const late = walk.user(SECOND);
    await clickAnyway(walk, card, SECOND.slackId, 'request.approve');
    await late.readsPrivately('what was decided', /<@U0BEN> denied this .*Not before the freeze ends/);
    expect(entraWrites(walk.sandbox)).toEqual([]);
  });

  it('lets only who asked withdraw', async () => {
    const card = await walk.plan();
    const other = await walk.presses(card, 'withdraw', APPROVER);
    await other.readsPrivately('that only the asker can', /Only <@U0ADA>, who asked, can withdraw/);
    await walk.withdraws(card);
    await clickAnyway(walk, card, SECOND.slackId, 'request.approve');
    await walk.user(SECOND).readsPrivately('that it was withdrawn', /<@U0ADA> withdrew this/);
  });

  it('asks at the click who may approve, not when the card was made', async () => {
    const card = await walk.plan();
    walk.sandbox.slack.control.setUserGroup(APPROVERS_HANDLE, [SECOND.slackId]);
    await membersReadAnew(walk, card);
    const former = await walk.approves(card, APPROVER);
    await former.readsPrivately('that they may not any more', /Only .* can decide/);
    walk.sandbox.slack.control.setUserGroup(APPROVERS_HANDLE, [APPROVER.slackId, SECOND.slackId]);
    await membersReadAnew(walk, card);
    expect(textOf(await current(walk, card))).not.toContain('1 of 2');
    await walk.withdraws(card);
  });

  it('counts no approval by a person whom the set-up makes a permanent member, and says so up front', async () => {
    const card = await walk.plan({ 'members:admin': [ASKER.slackId, APPROVER.slackId] });
    expect(everythingOf(card)).toContain(
      '2 approvals are needed, but only 1 besides the asker and the new members may approve',
    );
    const member = await walk.approves(card, APPROVER);
    await member.readsPrivately('why not', /This makes you a permanent member, so somebody else/);
    expect(textOf(await current(walk, card))).not.toContain('1 of 2');
    await walk.withdraws(card);
  });

  it('counts one person once, shows 1 of 2, and runs once for two hundred clicks', async () => {
    const card = await walk.plan({ addMe: ['admin'] });
    await walk.approves(card, APPROVER);
    const half = await walk.until('1 of 2 on the card', async () => {
      const now = await current(walk, card);
      return /1 of 2 approved: <@U0BEN>/.test(everythingOf(now)) ? now : undefined;
    });
    const again = await walk.approves(half, APPROVER);
    await again.readsPrivately('that it is counted', /You approved this already/);
    expect(clusterWrites(walk.sandbox)).toEqual([]);

    const { control } = walk.sandbox.slack;
    const clicks = Array.from({ length: 200 }, (_, index) =>
      control.click(
        index % 2 === 0 ? APPROVER.slackId : SECOND.slackId,
        card.channel,
        card.ts,
        'request.approve',
      ),
    );
    const seen = await Promise.all(clicks);
    expect(seen.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
    const done = await walk.becomes(card, DONE);
    expect(everythingOf(done)).toMatch(/approved by <@U0BEN> and <@U0CLEO>/);
    expect(entraWrites(walk.sandbox).filter((write) => write.includes('addPassword'))).toHaveLength(1);
    expect(await upgrades(walk)).toBe(1);
    await clickAnyway(walk, card, APPROVER.slackId, 'request.deny');
    await walk.user(APPROVER).readsPrivately('that it is done', /approved this .*It is done/);
  });

  it('asks anew when the world changed between the last approval and the run', async () => {
    const { kubernetes } = walk.sandbox;
    const kind = 'clusterrolebindings.rbac.authorization.k8s.io';
    kubernetes.store.remove(kind, '', 'kastellan-admin-k10-admin');
    const card = await walk.plan();
    await walk.approves(card, APPROVER);
    await walk.until('the first approval', async () =>
      /1 of 2/.test(everythingOf(await current(walk, card))) ? true : undefined,
    );
    kubernetes.store.remove(
      'rolebindings.rbac.authorization.k8s.io',
      'kasten-io',
      'kastellan-admin-k10-ns-admin',
    );
    const writes = clusterWrites(walk.sandbox).length;
    await walk.approves(card, SECOND);
    const anew = await walk.becomes(card, /earlier plan.* no longer counts.*Waits for/);
    expect(textOf(anew)).toMatch(/<@U0BEN> and <@U0CLEO>/);
    expect(clusterWrites(walk.sandbox)).toHaveLength(writes);
    await walk.approves(anew, APPROVER);
    await walk.approves(anew, SECOND);
    await walk.becomes(card, DONE);
    expect(kubernetes.store.get(kind, '', 'kastellan-admin-k10-admin')).toBeDefined();
  });

  it('shows everybody the drift', async () => {
    walk.sandbox.kubernetes.store.remove(
      'clusterrolebindings.rbac.authorization.k8s.io',
      '',
      'kastellan-admin-k10-admin',
    );
    const stranger = walk.user(OUTSIDER);
    await stranger.types('status');
    await stranger.readsPrivately('the drift', /drift/i);
  });
});

describe('decisions, where nobody besides the asker may approve', () => {
  it('says so up front, and counts no click of the asker', async () => {
    const walk = await Walk.start({
      adjust: {
        slack: (usual) => ({
          ...usual,
          userGroups: (usual.userGroups ?? []).map((group) => ({ ...group, members: [ASKER.slackId] })),
        }),
      },
    });
    try {
      const card = await walk.gets(/nobody besides the asker may approve/);
      const asker = await walk.approves(card, ASKER);
      await asker.readsPrivately('why not', /You asked for this yourself/);
      await walk.withdraws(card);
    } finally {
      await walk.close();
    }
  });
});

async function current(walk: Walk, card: { ts: string }) {
  const found = (await walk.cards()).find(({ ts }) => ts === card.ts);
  if (found === undefined) throw new Error('the card is gone');
  return found;
}

/** Presses a button of the card as it was: what happens when the screen is older than the request. */
async function clickAnyway(
  walk: Walk,
  card: Parameters<Walk['presses']>[0],
  user: string,
  action: string,
): Promise<void> {
  await walk.sandbox.slack.control.clickAsSeen(user, card, action);
}

/** Slack limits how often a group may be read, so it is read once for all clicks of a few seconds. */
async function membersReadAnew(walk: Walk, card: Parameters<Walk['presses']>[0]): Promise<void> {
  const { traffic } = walk.sandbox.slack;
  const before = traffic.callsOf('usergroups.users.list').length;
  await walk.until('the members to be read anew', async () => {
    await clickAnyway(walk, card, OUTSIDER.slackId, 'request.approve');
    return traffic.callsOf('usergroups.users.list').length > before ? true : undefined;
  });
}

async function upgrades(walk: Walk): Promise<number> {
  const secrets = walk.sandbox.kubernetes.store.list('secrets', 'kasten-io');
  return secrets.filter(({ metadata }) => metadata.name.startsWith('sh.helm.release.v1.')).length - 1;
}
