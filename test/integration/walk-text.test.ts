import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, markupOf, Walk } from '../support/walk.ts';
import { groupsNamed } from '../support/walk-state.ts';

const HOSTILE =
  `<!channel> @here <https://evil.example|Approve> *bold* _it_ \`code\` "quotes' $(touch /tmp/x); rm -rf ~ ` +
  `{{ .Values.auth }} key: [a, b] # no comment & <@U0BEN> <#C0GENERAL> {"a":1} \\n %00`;

describe('typed text that wants to be more than text', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
  });
  afterAll(() => walk?.close());

  it('shows a reason to everybody without mentioning, linking or formatting', async () => {
    const card = await walk.plan();
    const approver = await walk.presses(card, 'deny', APPROVER);
    const modal = await walk.sandbox.slack.control.untilModal(APPROVER.slackId);
    await approver.submits(modal, { reason: `${HOSTILE}\n> quote\n\u202e\u0007second line` });
    const denied = await walk.becomes(card, /was denied/);
    const told = await walk.user(ASKER).readsPrivately('the reason', /denied/);
    for (const text of [markupOf(denied), told]) expectHarmless(text);
    expect(textOf(denied)).toContain('rm -rf');
  });

  it('refuses a name on more than one line at its field', async () => {
    expect(await walk.asks({ 'group:admin': 'Kasten\nUsers' })).toEqual({
      'group:admin': expect.stringContaining('on one line'),
    });
    expect(await walk.asks({ 'group:admin': 'x'.repeat(201) })).toEqual({
      'group:admin': expect.stringContaining('at most 200 characters'),
    });
  });

  it('gives a group just the name that was typed, and shows it harmlessly everywhere', async () => {
    const name = HOSTILE.slice(0, 200).trim();
    const done = await walk.runs(DONE, { 'group:admin': name, addMe: ['admin'] });
    expect(groupsNamed(walk.sandbox, name)).toHaveLength(1);
    for (const message of [done, ...(await walk.threadOf(done))]) expectHarmless(markupOf(message));
    const asker = walk.user(ASKER);
    await asker.types('status');
    await asker.readsPrivately('the status', /prod-eu/);
    for (const whispered of await walk.sandbox.slack.control.ephemerals(ASKER.slackId))
      expectHarmless(markupOf(whispered));
  });

  it('answers a word that is no command without repeating what it could do', async () => {
    const asker = walk.user(ASKER);
    await asker.types('<!channel> *stauts* <https://evil.example|x>');
    expectHarmless(await asker.readsPrivately('an answer', /\/kasten/));
  });
});

/** No mention of a channel or of everybody, no link, and no mention of somebody who was only typed. */
function expectHarmless(text: string): void {
  expect(text).not.toMatch(/<!(channel|here|everyone|subteam)/);
  expect(text).not.toMatch(/<https?:\/\/evil/);
  expect(text).not.toMatch(/<#C0GENERAL>/);
  expect(text).not.toContain('\u202e');
}
