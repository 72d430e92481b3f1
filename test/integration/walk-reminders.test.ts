import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHANNELS } from '../../sandbox/cast.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { Secret } from '../../src/domain/secret.ts';
import { WEEKDAYS } from '../../src/domain/secrets/rotation-window.ts';
import { QUIET, startTestRedis, type TestRedis } from '../support/redis.ts';
import { untilTold } from '../support/scrape.ts';
import {
  APPROVER,
  ASKER,
  DONE,
  everythingOf,
  markupOf,
  nextNoon,
  OUTSIDER,
  SECOND,
  Walk,
} from '../support/walk.ts';
import { applicationOf, secretsOf, secretTexts } from '../support/walk-state.ts';

const DAY_MS = 86_400_000;

const LISTED = randomUUID();

/** Reminders come at midnight here, so that any time of a day is late enough. */
const atMidnight = { at: '00:00', timeZone: 'UTC' };

function actionsOf(card: SlackMessage | undefined): string[] {
  return [...JSON.stringify(card?.blocks ?? []).matchAll(/"action_id":"([^"]+)"/g)].map(
    ([, action = '']) => action,
  );
}

const DIGEST = /to tidy up among secrets/;

async function noticesOf(walk: Walk): Promise<SlackMessage[]> {
  const all = await walk.sandbox.slack.control.messages(CHANNELS.notifications);
  return all.filter((message) => !DIGEST.test(textOf(message)));
}

async function digestsOf(walk: Walk): Promise<SlackMessage[]> {
  const all = await walk.sandbox.slack.control.messages(CHANNELS.notifications);
  return all.filter((message) => DIGEST.test(textOf(message)));
}

function notice(walk: Walk, matches: RegExp): Promise<SlackMessage> {
  return walk.until(`a notice with ${matches}`, async () =>
    (await noticesOf(walk)).find((card) => matches.test(textOf(card))),
  );
}

/** Moves time on to this many days before something ends. */
function goTo(walk: Walk, daysBefore: number, endsAt: string): void {
  walk.sandbox.clock.moveOn(Date.parse(endsAt) - daysBefore * DAY_MS - walk.now());
}

const DAYS = 'kastellan_credential_days_to_expiry';

/** Waits until the metrics say of these credentials, and of no others, how many whole days are left. */
async function tellsDays(walk: Walk, labels: Record<string, string>, ...days: number[]): Promise<void> {
  const [url = ''] = walk.healthUrls;
  await untilTold(url, `${days} days left`, (samples) => {
    const told = samples.filter(
      (sample) =>
        sample.name === DAYS &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return isDeepStrictEqual(
      told.map(({ value }) => Math.round(value)).toSorted((a, b) => a - b),
      days,
    );
  });
}

describe('the reminders of a cluster that was set up', () => {
  let redis: TestRedis;
  let walk: Walk;
  let endsAt: string;
  beforeAll(async () => {
    redis = await startTestRedis();
    const shared = { KASTELLAN_REDIS_URL: redis.url };
    walk = await Walk.start({
      processes: [shared, shared],
      startsAt: nextNoon(),
      adjust: { configuration: (usual) => ({ ...usual, expiry: atMidnight }) },
    });
    await walk.runs(DONE, { addMe: ['admin'] });
    endsAt = String(secretsOf(applicationOf(walk.sandbox))[0]?.['endDateTime']);
  });
  afterAll(async () => {
    await walk?.close();
    await redis?.stop();
  });

  const cards = () => noticesOf(walk);

  it('do not come before their time', async () => {
    goTo(walk, 31, endsAt);
    await walk.stopProcesses();
    await walk.startProcesses();
    expect(await cards()).toEqual([]);
  });

  it('say 30 days before whose secret it is, when it ends, what stops then, and what can be done', async () => {
    goTo(walk, 30, endsAt);
    const card = await notice(walk, /ends in 30 days/);
    const [text = ''] = secretTexts(walk.sandbox, applicationOf(walk.sandbox));
    const shown = everythingOf(card);
    expect(textOf(card)).toMatch(
      /^The client secret of kasten-service \(prod-eu\) ends in 30 days, <!date\^/,
    );
    expect(shown).toContain('After that nobody can sign in to Kasten on prod-eu.');
    expect(shown).toContain(`Secret \`${text.slice(0, 3)}...\``);
    expect(shown).not.toContain(text.slice(0, 5));
    expect(actionsOf(card)).toEqual(['reminder.rotate', 'reminder.snooze', 'link.open.credentials']);
    const clientId = applicationOf(walk.sandbox)?.properties['appId'];
    expect(shown).toContain(
      `https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/${clientId}/isMSAApp~/false`,
    );
  });

  it('come once for each threshold, whatever restarts, from two processes that both look', async () => {
    goTo(walk, 13, endsAt);
    await notice(walk, /ends in 13 days/);
    for (let again = 0; again < 2; again += 1) {
      await walk.stopProcesses();
      await walk.startProcesses();
    }
    goTo(walk, 12, endsAt);
    await walk.stopProcesses();
    await walk.startProcesses();
    expect((await cards()).length).toBe(2);
    const [first] = await cards();
    expect(textOf(first as SlackMessage)).toMatch(/A newer message says how it stands/);
    expect(actionsOf(first)).toEqual([]);
  });

  it('can be put off by approvers and operators only, which others hear before any form', async () => {
    const card = await notice(walk, /ends in 13 days/);
    const other = walk.user(ASKER);
    await other.presses(card, 'reminder.snooze', CHANNELS.notifications);
    await other.readsPrivately(
      'the refusal',
      /Only members of @kasten-approvers.* can snooze this\. Nothing/,
    );
    expect(walk.sandbox.slack.control.modals(ASKER.slackId)).toEqual([]);
  });

  it('can be put off with a reason, not beyond the day of the end, and the card names who did', async () => {
    const user = walk.user(SECOND);
    const card = await notice(walk, /ends in 13 days/);
    await user.presses(card, 'reminder.snooze', CHANNELS.notifications);
    const view = await walk.sandbox.slack.control.untilModal(SECOND.slackId);
    const day = (before: number) => new Date(Date.parse(endsAt) - before * DAY_MS).toISOString().slice(0, 10);
    expect(await user.submits(view, { until: day(-1), reason: 'freeze' })).toEqual({
      until: expect.stringContaining(`to ${day(0)}`),
    });
    expect(await user.submits(view, { until: day(8), reason: 'freeze <!channel> *now*' })).toEqual({});
    const snoozed = await notice(walk, /Snoozed by/);
    expect(textOf(snoozed)).toContain(`Snoozed by <@${SECOND.slackId}> until `);
    expect(textOf(snoozed)).toContain('"freeze &lt;!channel&gt; ∗now∗"');
    goTo(walk, 9, endsAt);
    await walk.stopProcesses();
    await walk.startProcesses();
    expect((await cards()).length).toBe(2);
    goTo(walk, 8, endsAt);
    await notice(walk, /ends in 8 days/);
    expect((await cards()).length).toBe(3);
  });

  it('go to the approvers directly inside three days, and to nobody else', async () => {
    goTo(walk, 2, endsAt);
    await notice(walk, /ends in 2 days/);
    const { control } = walk.sandbox.slack;
    for (const { slackId } of [APPROVER, SECOND]) {
      const told = await walk.until('a direct message', async () =>
        (await control.directMessages(slackId)).find((message) => /ends in 2 days/.test(textOf(message))),
      );
      expect(everythingOf(told)).toContain('After that nobody can sign in to Kasten on prod-eu');
    }
    const others = await control.directMessages(OUTSIDER.slackId);
    expect(others.filter((message) => /ends in/.test(textOf(message)))).toEqual([]);
  });

  it('come on the day and daily after, and say that it is over', async () => {
    goTo(walk, 0, endsAt);
    await notice(walk, /ended today/);
    goTo(walk, -1, endsAt);
    const card = await notice(walk, /ended yesterday/);
    expect(everythingOf(card)).toContain('Since then nobody can sign in to Kasten on prod-eu.');
    await tellsDays(walk, { purpose: 'cluster' }, -1);
    expect(actionsOf(card)).not.toContain('reminder.snooze');
  });

  it('end when the button has rotated the secret: the card says who replaced it, and has no buttons', async () => {
    const card = await notice(walk, /ended yesterday/);
    const user = walk.user(ASKER);
    const before = (await walk.cards()).length;
    await user.presses(card, 'reminder.rotate', CHANNELS.notifications);
    const plan = await walk.newCard(before, /Waits for/);
    await walk.approves(plan);
    await walk.becomes(plan, /new secret ends/);
    const replaced = await notice(walk, /was replaced/);
    await tellsDays(walk, { purpose: 'cluster', cluster: 'prod-eu', kind: 'secret' }, 180);
    expect(replaced.ts).toBe(card.ts);
    expect(textOf(replaced)).toMatch(/by <@U0BEN>, the new one `.{3}\.\.\.` ends/);
    expect(actionsOf(replaced)).toEqual([]);
    await user.presses(card, 'reminder.snooze', CHANNELS.notifications).catch(() => undefined);
  });

  it('leave a record of each reminder, snooze and replacement, with who and why', async () => {
    const connection = await connectRedis(new Secret(redis.url), 'requests', QUIET);
    const chain = new AuditChain(connection, { now: () => new Date() });
    const entries = await createAuditLog(connection, chain).latest(200);
    connection.disconnect();
    const ours = entries
      .filter(({ action }) => action.startsWith('expiry.') && action !== 'expiry.digest')
      .reverse();
    expect(ours.map(({ action, detail }) => [action, detail?.['daysBefore']])).toEqual([
      ['expiry.reminded', 30],
      ['expiry.reminded', 14],
      ['expiry.snoozed', undefined],
      ['expiry.reminded', 8],
      ['expiry.reminded', 3],
      ['expiry.reminded', 0],
      ['expiry.reminded', -1],
      ['expiry.replaced', undefined],
    ]);
    expect(ours[2]).toMatchObject({
      actor: SECOND.slackId,
      cluster: 'prod-eu',
      detail: { reason: 'freeze <!channel> *now*', ends: endsAt },
    });
    expect(ours.at(-1)).toMatchObject({ actor: APPROVER.slackId });
  });
});

describe('the reminders of what Kastellan did not make, and of its own identity', () => {
  let walk: Walk;
  beforeAll(async () => {
    const startsAt = nextNoon();
    const inDays = (days: number) => new Date(startsAt + days * DAY_MS).toISOString();
    // The next time is in a week, on whatever day the test runs.
    const digest = WEEKDAYS[(new Date(startsAt).getUTCDay() + 6) % 7];
    walk = await Walk.start({
      k10: 'none',
      startsAt,
      adjust: {
        configuration: (usual) => ({
          ...usual,
          expiry: { ...atMidnight, digest, watch: { tags: ['team:shop'], clientIds: [LISTED] } },
        }),
        entra: (usual) => ({
          ...usual,
          applications: [
            ...(usual.applications ?? []).map((own) => ({
              ...own,
              secrets: own.secrets?.map((secret) => ({ ...secret, endDateTime: inDays(5) })) ?? [],
            })),
            {
              clientId: randomUUID(),
              displayName: '*shop* <!channel> http://evil.example',
              owners: [ASKER.email],
              secrets: [{ text: 'one~secret', displayName: '<@U0BEN>`x`', endDateTime: inDays(6) }],
              properties: { tags: ['team:shop'] },
            },
            {
              clientId: LISTED,
              displayName: 'reports',
              secrets: [
                { text: 'two~secret', endDateTime: inDays(33) },
                { text: 'old~secret', startDateTime: inDays(-400), endDateTime: inDays(-100) },
              ],
            },
            {
              clientId: randomUUID(),
              displayName: 'nobody asked for',
              secrets: [{ text: 'x', endDateTime: inDays(1) }],
            },
          ],
        }),
      },
    });
  });
  afterAll(() => walk?.close());

  it('name the owner, offer no rotation, and show nothing as more than text', async () => {
    const card = await notice(walk, /shop.* ends in 6 days/);
    const shown = everythingOf(card);
    expect(shown).toContain('Owner: <@U0ADA>');
    expect(actionsOf(card)).toEqual(['reminder.snooze', 'link.open.credentials']);
    expect(markupOf(card)).not.toMatch(/<!channel>|<@U0BEN>|http:\/\/evil|\*shop\*/);
  });

  it('stand in the metrics, without the names that people gave', async () => {
    await tellsDays(walk, { purpose: 'other', kind: 'secret' }, 6, 33);
    await tellsDays(walk, { purpose: 'other', client_id: LISTED }, 33);
    await tellsDays(walk, { purpose: 'kastellan', kind: 'secret' }, 5);
    const [url = ''] = walk.healthUrls;
    const told = await (await fetch(`${url}/metrics`)).text();
    expect(told).not.toMatch(/shop|reports|evil|U0BEN/);
  });

  it('tell what Kastellan itself cannot do any more', async () => {
    const card = await notice(walk, /Kastellan's own client secret \(Kastellan\) ends in 5 days/);
    expect(textOf(card)).toMatch(/After that Kastellan can change nothing in Entra any more/);
  });

  it('stand in the table of secrets, with the ones nobody is reminded of yet', async () => {
    const user = walk.user(OUTSIDER);
    await user.types('secrets');
    const said = await user.readsPrivately('the table', /4 secrets and certificates watched/);
    expect(said).toMatch(/Kastellan \(Kastellan itself\): a secret, in use, ends in 5 days/);
    expect(said).toMatch(/reports: a secret, use unknown, ends in 33 days/);
  });

  it('come with what is to be tidied up, told once a week', async () => {
    const [digest] = await walk.until('the digest', async () => {
      const told = await digestsOf(walk);
      return told.length > 0 ? told : undefined;
    });
    const shown = everythingOf(digest as SlackMessage);
    expect(textOf(digest as SlackMessage)).toMatch(/Applications without an owner: reports\./);
    expect(shown).toContain('Secret `old...` of reports');
    await walk.stopProcesses();
    await walk.startProcesses();
    expect(await digestsOf(walk)).toHaveLength(1);
  });

  it('are of those applications only that the configuration lists', async () => {
    expect(await noticesOf(walk)).toHaveLength(2);
    walk.sandbox.clock.moveOn(4 * DAY_MS);
    await notice(walk, /reports ends in 29 days/);
    expect((await noticesOf(walk)).map(textOf).join()).not.toContain('nobody asked for');
  });

  it('end by themselves when somebody has replaced the secret by hand', async () => {
    const { directory } = walk.sandbox.entra;
    const reports = directory.application(LISTED);
    const [old] = secretsOf(reports);
    const next = {
      ...old,
      keyId: randomUUID(),
      hint: 'new',
      startDateTime: new Date(walk.now() - DAY_MS).toISOString(),
      endDateTime: new Date(walk.now() + 896 * DAY_MS).toISOString(),
    };
    if (reports !== undefined) reports.properties['passwordCredentials'] = [next];
    const shop = directory
      .all('application')
      .find(({ properties }) => String(properties['tags']) === 'team:shop');
    if (shop !== undefined) shop.properties['passwordCredentials'] = [];
    await walk.stopProcesses();
    await walk.startProcesses();
    const card = await notice(walk, /reports was replaced/);
    // A client secret that is removed leaves no figure behind.
    await tellsDays(walk, { purpose: 'other' }, 896);
    expect(textOf(card)).toMatch(/by hand, seen .*the new one `new\.\.\.` ends/);
    expect(actionsOf(card)).toEqual([]);
  });

  it('go on when Entra lets Kastellan in no more, which is when they are needed most', async () => {
    walk.sandbox.clock.moveOn(3 * DAY_MS);
    const card = await notice(walk, /Kastellan's own client secret \(Kastellan\) ended 2 days ago/);
    expect(textOf(card)).toMatch(/Since then Kastellan can change nothing in Entra/);
    await tellsDays(walk, { purpose: 'kastellan' }, -2);
    // Seven days have passed, but nothing can be read any more.
    expect(await digestsOf(walk)).toHaveLength(1);
  });
});
