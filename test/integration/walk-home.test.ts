import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { APPROVER, ASKER, DONE, SECOND, Walk } from '../support/walk.ts';

const HOUR_MS = 3_600_000;

describe('a home tab that is open', () => {
  let redis: TestRedis;
  let walk: Walk;
  let card: SlackMessage;
  beforeAll(async () => {
    redis = await startTestRedis();
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    walk = await Walk.start({
      processes: [
        { ...shared, KASTELLAN_ROLES: 'slack' },
        { ...shared, KASTELLAN_ROLES: 'worker,scheduler' },
      ],
    });
    await walk.runs(DONE);
    for (const member of [ASKER, APPROVER]) await walk.sandbox.slack.control.openHome(member.slackId);
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  const homeOf = (member: typeof ASKER, what: string, holds: (home: string) => boolean) =>
    walk.until(`${what} at the home of ${member.name}`, () =>
      walk.sandbox.slack.control.untilHome(member.slackId, what, ({ blocks }) =>
        holds(JSON.stringify(blocks)),
      ),
    );

  it('shows whoever decides what waits for them, as soon as a worker has planned it', async () => {
    const before = (await walk.cards()).length;
    await walk.user(ASKER).types('access admin 1h restoring shop-db');
    card = await walk.newCard(before, /Waits for/);
    await homeOf(APPROVER, 'the request', (home) => home.includes('restoring shop-db'));
    await homeOf(ASKER, 'their own request', (home) => home.includes('Your requests'));
  });

  it('takes it away again when somebody else has decided, and shows who asked what a worker gave', async () => {
    await walk.approves(card, SECOND);
    await homeOf(APPROVER, 'that nothing waits', (home) => !home.includes('Waits for you'));
    await homeOf(ASKER, 'the access', (home) => home.includes('*admin* on prod-eu, until'));
  });

  it('shows the end of access that nobody pressed a button for', async () => {
    await walk.sandbox.clock.moveOn(HOUR_MS + 1_000);
    await homeOf(ASKER, 'that it is over', (home) =>
      home.includes('You have no access through Kastellan now.'),
    );
  });

  it('is not drawn for those who have not opened theirs', () => {
    const drawn = walk.sandbox.slack.traffic
      .callsOf('views.publish')
      .map(({ body }) => (JSON.parse(body) as { user_id: string }).user_id);
    expect(new Set(drawn)).toEqual(new Set([ASKER.slackId, APPROVER.slackId]));
  });
});
