import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CAST, CHANNELS } from '../../sandbox/cast.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { ASKER, DONE, ON_CALL, Walk } from '../support/walk.ts';

const BOT = 'U0KASTELLAN';
const PEOPLE = Object.values(CAST).map(({ slackId }) => slackId);

describe('an approvals channel in which nobody can see a request', () => {
  let walk: Walk;
  beforeAll(async () => {
    walk = await Walk.start();
  });
  afterAll(() => walk?.close());

  async function degraded(): Promise<unknown> {
    const answer = await fetch(`${walk.healthUrls[0]}/readyz`);
    return ((await answer.json()) as { degraded: unknown }).degraded;
  }

  it.each([
    [
      'archived',
      { isArchived: true },
      { isArchived: false },
      /the approvals channel is archived/,
      /is archived/,
    ],
    [
      'private, without the bot',
      { isPrivate: true, members: PEOPLE },
      { isPrivate: false, members: [...PEOPLE, BOT] },
      /does not exist, or is private and Kastellan is not in it/,
      /does not exist, or is private and the app is not in it/,
    ],
    [
      'public, without the bot',
      { members: PEOPLE },
      { members: [...PEOPLE, BOT] },
      /Kastellan is not in the approvals channel/,
      /the app is not in it/,
    ],
  ])(
    'is told to the requester, the doctor and /readyz, and the card comes by itself later: %s',
    async (...kind) => {
      const [, closed, open, told, diagnosed] = kind;
      const { control } = walk.sandbox.slack;
      const before = (await walk.cards()).length;
      const heard = (await control.directMessages(ASKER.slackId)).length;
      control.changeChannel(CHANNELS.approvals, closed);
      await walk.asks({ addMe: ['admin'] });
      const asker = walk.user(ASKER);
      await asker.readsPrivately('that nobody can see it', told);
      const said = (await control.directMessages(ASKER.slackId)).slice(heard).map(textOf).join('\n');
      expect(said).toMatch(/nobody can see it/);
      expect(said).not.toMatch(/waits for members/);
      expect(await degraded()).toEqual(['approvals channel']);
      const operator = walk.user(ON_CALL);
      await operator.types('doctor');
      await operator.readsPrivately('what is wrong with the channel', diagnosed);

      control.changeChannel(CHANNELS.approvals, open);
      const card = await walk.newCard(before, /Waits for/);
      expect(await degraded()).toEqual([]);
      await walk.withdraws(card);
    },
  );

  it('is no obstacle once it is open again', async () => {
    await walk.runs(DONE, { addMe: ['admin'] });
  });
});
