import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHANNELS } from '../../sandbox/cast.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { scrape } from '../support/scrape.ts';
import { ASKER, DONE, nextNoon, OUTSIDER, Walk } from '../support/walk.ts';
import { applicationOf } from '../support/walk-state.ts';

describe('trouble at sign-in', () => {
  let walk: Walk;
  beforeAll(async () => {
    // A card sums up one day.
    walk = await Walk.start({ startsAt: nextNoon() });
    walk.sandbox.entra.knobs.mfaRequired = true;
    await walk.runs(DONE, { addMe: ['admin'] });
  });
  afterAll(() => walk?.close());

  /** The log as Graph gives it, planted. */
  function fails(id: string, errorCode: number, minutesAgo: number): void {
    walk.sandbox.entra.directory.signIns.unshift({
      id,
      createdDateTime: new Date(walk.now() - minutesAgo * 60_000).toISOString(),
      appId: applicationOf(walk.sandbox)?.properties['appId'],
      userId: `person-${id}`,
      userDisplayName: 'Somebody Secret',
      userPrincipalName: 'somebody.secret@example.com',
      correlationId: id,
      appliedConditionalAccessPolicies: [],
      isInteractive: true,
      status: { errorCode, failureReason: 'Somebody Secret was refused.', additionalDetails: null },
    });
  }

  /** What the metrics say of the one cluster there is, by cause. */
  async function failuresTold(): Promise<Record<string, number>> {
    const [url = ''] = walk.healthUrls;
    const told = (await scrape(url)).filter(({ name }) => name === 'kastellan_sign_in_failures_total');
    for (const { labels } of told) expect(labels).toEqual({ cluster: 'prod-eu', cause: expect.anything() });
    return Object.fromEntries(told.map(({ labels, value }) => [labels['cause'] ?? '', value]));
  }

  // Kastellan looks when it starts, and every five minutes.
  async function looksAgain(matches: RegExp): Promise<SlackMessage> {
    await walk.stopProcesses();
    await walk.startProcesses();
    return walk.until(`a notice with ${matches}`, async () => {
      const told = await walk.sandbox.slack.control.messages(CHANNELS.notifications);
      return told.find((message) => matches.test(textOf(message)));
    });
  }

  it('is said by /kasten status beforehand: whether a second factor is really demanded, and by what', async () => {
    await walk.user(OUTSIDER).types('status');
    await walk
      .user(OUTSIDER)
      .readsPrivately(
        'that it is',
        /Second factor demanded: the policy "Everyone signs in with a second factor"/,
      );
    walk.sandbox.entra.knobs.mfaRequired = false;
    await walk.user(OUTSIDER).types('status');
    await walk
      .user(OUTSIDER)
      .readsPrivately('that it is not', /Second factor not demanded: no Conditional Access/);
    walk.sandbox.entra.knobs.mfaRequired = true;
  });

  it('is summed up in the notifications channel by cause in words, with the fix, and without a name', async () => {
    await signIn(walk.sandbox.dashboard, ASKER);
    await signIn(walk.sandbox.dashboard, OUTSIDER);
    fails('a', 53003, 4);
    fails('b', 53003, 3);
    fails('c', 7000222, 2);
    fails('d', 50074, 30);
    const card = await looksAgain(/5 sign-ins to Kasten on prod-eu failed/);
    const said = textOf(card);
    expect(said).toMatch(/A Conditional Access policy blocks this sign-in\..{0,4}2 times, 2 people/);
    expect(said).toMatch(/The client secret has ended\..*\/kasten rotate prod-eu makes a new one/);
    expect(said).toMatch(/Multi-factor authentication was not completed\./);
    expect(said).toMatch(/in none of the groups of this cluster.*\/kasten access asks for access/);
    expect(JSON.stringify(card)).not.toMatch(/Somebody|secret@example/);
  });

  it('is counted in the metrics by cluster and cause, and by nothing else', async () => {
    expect(await failuresTold()).toEqual({
      AADSTS50074: 1,
      AADSTS53003: 2,
      AADSTS7000222: 1,
      'not-in-a-group': 1,
    });
  });

  it('counts nothing twice, adds what is new to the same card, and says it below', async () => {
    fails('e', 50057, 1);
    const card = await looksAgain(/6 sign-ins to Kasten on prod-eu failed/);
    // The process that counted the others has ended.
    expect(await failuresTold()).toEqual({ AADSTS50057: 1 });
    const told = await walk.sandbox.slack.control.messages(CHANNELS.notifications);
    expect(told.filter((message) => /sign-ins to Kasten/.test(textOf(message)))).toHaveLength(1);
    await walk.until('the detail', async () => {
      const all = await walk.sandbox.slack.control.messages(CHANNELS.notifications);
      return all.find(
        ({ thread_ts, text }) => thread_ts === card.ts && /New: The account is disabled/.test(text),
      );
    });
  });
});
