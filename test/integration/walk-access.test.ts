import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import type { Entries } from '../../sandbox/slack/view-state.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, ON_CALL, OUTSIDER, SECOND, Walk } from '../support/walk.ts';

const HOUR_MS = 3_600_000;

describe('access for a time', () => {
  let walk: Walk;
  let card: SlackMessage;
  beforeAll(async () => {
    walk = await Walk.start();
    await walk.runs(DONE);
  });
  afterAll(() => walk?.close());

  const cardOf = async (command: string, matches: RegExp, member = ASKER): Promise<SlackMessage> => {
    const before = (await walk.cards()).length;
    await walk.user(member).types(command);
    return walk.newCard(before, matches);
  };
  const told = (user: string, matches: RegExp) =>
    walk.until(`${matches} for ${user}`, async () =>
      (await walk.sandbox.slack.control.directMessages(user)).findLast((one) => matches.test(textOf(one))),
    );
  const rightsOf = async (member = ASKER) => {
    const visit = await signIn(walk.sandbox.dashboard, member);
    return visit.signedIn ? visit.who.rights : visit.page;
  };

  it('is asked for in a form, with mistakes at their fields', async () => {
    const { control } = walk.sandbox.slack;
    const form = await walk.user(ASKER).opensForm('access');
    expect(JSON.stringify(form.blocks)).toContain('Everything in K10');
    const entries: Entries = { level: 'admin', reason: '   ' };
    const errors = await walk.user(ASKER).submits(form, entries);
    expect(errors['reason']).toMatch(/what it is for/);
    const before = (await walk.cards()).length;
    await walk.user(ASKER).submits(form, { ...entries, reason: 'Restore shop-db, ticket OPS-412' });
    card = await walk.newCard(before, /needs 1 approval|Waits for/);
    expect(control.modals(ASKER.slackId)).toEqual([]);
    const said = textOf(card);
    expect(said).toContain('Access to Kasten prod-eu: admin for 1 h.');
    expect(said).toContain('"Restore shop-db, ticket OPS-412"');
    expect(said).toContain('*Lets them do:* Everything in K10.');
    expect(said).toContain('*Holds now:* nothing.');
    expect(said).toContain('*Asked* for the first time in 30 days.');
    expect(said).toContain(`not by <@${ASKER.slackId}>`);
  });

  it('is not asked for twice: who does is shown the card', async () => {
    const { control } = walk.sandbox.slack;
    await walk.user(ASKER).types('access admin 2h the same again');
    const answer = await control.until('the answer', async () =>
      (await control.ephemerals(ASKER.slackId)).findLast((one) => /asked for .* already/.test(textOf(one))),
    );
    expect(everythingOf(answer)).toMatch(/"url":"http[^"]*archives/);
  });

  it('gives the rights at K10 once it is approved, for less where the approver says so', async () => {
    const { control } = walk.sandbox.slack;
    expect(await rightsOf()).toMatchObject({ backup: false });
    await walk.presses(card, 'approve-less', APPROVER);
    const form = await control.untilModal(APPROVER.slackId);
    await walk
      .user(APPROVER)
      .submits(form, { duration: String(HOUR_MS / 2), reason: 'half an hour will do' });
    card = await walk.becomes(card, /Granted until/);
    expect(textOf(card)).toMatch(/approved by <@U0BEN> · checked in Entra/);
    expect(everythingOf(card)).toContain('asked for 1 h, approved for 30 min');
    const message = await told(ASKER.slackId, /You have \*admin\* on prod-eu until/);
    expect(textOf(message)).toContain('Sign out of Kasten and in again now');
    expect(everythingOf(message)).toMatch(/Sign in to Kasten.*Ask for more time.*I am done/);
    expect(await rightsOf()).toMatchObject({ backup: true, pods: true });
  });

  it('is listed, and ends when the person says so', async () => {
    const { control } = walk.sandbox.slack;
    await walk.user(ASKER).types('grants');
    const list = await control.until('the list', async () =>
      (await control.ephemerals(ASKER.slackId)).findLast((one) => /Your access: 1 grant/.test(textOf(one))),
    );
    await control.click(ASKER.slackId, list.channel, list.ts, 'grant.done');
    card = await walk.becomes(card, /Access ended .* removed from Kasten Users and checked in Entra/);
    expect(textOf(card)).toContain(`<@${ASKER.slackId}> was done`);
    expect(textOf(card)).toMatch(/A Kasten session that is still open can last/);
    expect(await rightsOf()).toMatchObject({ backup: false });
  });

  it('is asked for in one line for somebody else, and lasts longer where more time is approved', async () => {
    const { control } = walk.sandbox.slack;
    const first = await cardOf(`access admin 1h for @${OUTSIDER.handle} on call`, /Waits for/);
    expect(textOf(first)).toContain(`<@${ASKER.slackId}> asks for <@${OUTSIDER.slackId}>`);
    await walk.presses(first, 'approve', OUTSIDER);
    await control.until('an objection', async () =>
      (await control.ephemerals(OUTSIDER.slackId)).find((one) => /for you/.test(textOf(one))),
    );
    await walk.approves(first);
    await walk.becomes(first, /Granted until/);
    const message = await told(OUTSIDER.slackId, /You have \*admin\*/);
    expect(textOf(message)).toContain('asked for it: "on call"');
    await control.click(OUTSIDER.slackId, message.channel, message.ts, 'grant.more');
    const form = await control.untilModal(OUTSIDER.slackId);
    const before = (await walk.cards()).length;
    await walk.user(OUTSIDER).submits(form, { duration: String(2 * HOUR_MS) });
    const second = await walk.newCard(before, /Waits for/);
    expect(textOf(second)).toContain('takes the place of what they hold there now');
    await walk.approves(second, SECOND);
    await walk.becomes(second, /Granted until/);
    await walk.becomes(first, /A newer grant took its place.*they stay in Kasten Users/);
    expect(await rightsOf(OUTSIDER)).toMatchObject({ backup: true });
    card = second;
  });

  it('is taken back on the minute, whatever time has passed', async () => {
    walk.sandbox.clock.moveOn(2 * HOUR_MS + 1_000);
    await walk.becomes(card, /Access ended .* removed from Kasten Users and checked in Entra/);
    await told(OUTSIDER.slackId, /Your access \*admin\* on prod-eu ended/);
    expect(await rightsOf(OUTSIDER)).toMatchObject({ backup: false });
  });

  it('is taken without asking by those on a list; everybody is told, and two people look at it afterwards', async () => {
    const { control } = walk.sandbox.slack;
    await walk.user(OUTSIDER).types('break-glass nobody is awake');
    await walk.user(OUTSIDER).readsPrivately('that they are not on the list', /not on the list/);
    card = await cardOf('break-glass nobody is awake', /nobody was asked · checked in Entra/, ON_CALL);
    expect(await rightsOf(ON_CALL)).toMatchObject({ backup: true });
    for (const reviewer of [APPROVER, SECOND]) {
      await told(reviewer.slackId, /(takes|took) \*admin\* on .*prod-eu without asking/);
      await walk.user(reviewer).presses(card, 'grant.review');
      const form = await control.untilModal(reviewer.slackId);
      await walk.user(reviewer).submits(form, { verdict: 'right', reason: 'the restore was urgent' });
      await walk.user(reviewer).readsPrivately('that it is on record', /is on record/);
    }
    card = await walk.becomes(card, /It was looked at by everybody who had to/);
    expect(textOf(card)).toContain('<@U0CLEO> looked at it: it was right. "the restore was urgent"');
  });

  it('shows at home what a person has, and lets them press there', async () => {
    const { control } = walk.sandbox.slack;
    await control.openHome(ON_CALL.slackId);
    const home = await control.untilHome(ON_CALL.slackId, 'the clusters', ({ blocks }) =>
      JSON.stringify(blocks).includes('prod-eu: signs in through Entra'),
    );
    expect(JSON.stringify(home.blocks)).toContain('*admin* on prod-eu, until');
    await control.clickAtHome(ON_CALL.slackId, 'grant.done');
    await control.untilHome(ON_CALL.slackId, 'the change', ({ blocks }) =>
      /being taken back|You have no access/.test(JSON.stringify(blocks)),
    );
    await walk.becomes(card, /Access ended/);
  });

  it('waits at the home of whoever decides, and is decided there', async () => {
    const { control } = walk.sandbox.slack;
    const before = (await walk.cards()).length;
    await walk.user(ASKER).types('access ns-admin 1h look at a pod');
    card = await walk.newCard(before, /Waits for|is not possible/);
    await control.openHome(APPROVER.slackId);
    const home = await control.untilHome(APPROVER.slackId, 'the request', ({ blocks }) =>
      JSON.stringify(blocks).includes('look at a pod'),
    );
    expect(JSON.stringify(home.blocks)).toContain('Waits for you');
    await control.clickAtHome(APPROVER.slackId, 'request.approve');
    await control.untilHome(
      APPROVER.slackId,
      'that nothing waits',
      ({ blocks }) => !JSON.stringify(blocks).includes('Waits for you'),
    );
    await walk.becomes(card, /Granted until/);
  });

  it('is taken back as a whole by an operator, with a reason that the person reads', async () => {
    await walk.user(OUTSIDER).types(`revoke @${ASKER.handle} because`);
    await walk.user(OUTSIDER).readsPrivately('that this is for operators', /Only operators/);
    await walk.user(APPROVER).types(`revoke @${ASKER.handle} Left the Team`);
    await walk.user(APPROVER).readsPrivately('what ends', /loses 1 grant: \*ns-admin\* on prod-eu/);
    await walk.becomes(card, /Access ended/);
    const message = await told(ASKER.slackId, /Your access \*ns-admin\* on prod-eu ended/);
    expect(textOf(message)).toContain('<@U0BEN> took it back');
    expect(textOf(message)).toContain('"Left the Team"');
  });

  it('is told as a story, and to operators as a file', async () => {
    const { control } = walk.sandbox.slack;
    await walk.user(ASKER).types(`audit @${ASKER.handle}`);
    const story = await walk.user(ASKER).readsPrivately('their story', /requests for access/);
    expect(story).toContain('*admin* on prod-eu, asked');
    await walk.user(OUTSIDER).types('audit prod-eu');
    await walk.user(OUTSIDER).readsPrivately('that this is for operators', /Only operators/);
    await walk.user(SECOND).types('audit prod-eu');
    await walk.user(SECOND).readsPrivately('the story of what they decide on', /requests for access/);
    await walk.user(SECOND).types('audit prod-eu csv');
    await walk.user(SECOND).readsPrivately('that the file is for operators', /Only operators get/);
    await walk.user(APPROVER).types(`audit @${ASKER.handle} csv`);
    await walk.user(APPROVER).readsPrivately('that a file was sent', /in a file that I sent you/);
    const message = await told(APPROVER.slackId, /The audit log about/);
    const csv = await control.download(message);
    expect(csv.split('\r\n')[0]).toBe(
      '"sequence","at","action","actor","actor name","request","cluster","detail","hash"',
    );
    expect(csv).toContain('"grant.granted","kastellan"');
    expect(csv).toContain('"request.created","U0ADA","ada"');
  });

  it('is linked by hand where an address does not tell who somebody is', async () => {
    const everything = [...walk.sandbox.entra.directory.entries.values()];
    const account = everything.find(({ properties }) => properties['mail'] === OUTSIDER.email);
    await walk.user(APPROVER).types(`link @${OUTSIDER.handle} ${account?.id}`);
    await walk.user(APPROVER).readsPrivately('the link', /has the Entra account .*\(Dan Outsider\)/);
    await walk.user(APPROVER).types(`link @${OUTSIDER.handle} none`);
    await walk.user(APPROVER).readsPrivately('that it is gone', /by the e-mail address again/);
  });
});
