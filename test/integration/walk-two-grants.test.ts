import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CAST, type CastMember } from '../../sandbox/cast.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { signIn } from '../../sandbox/tour/k10-visitor.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { APPROVER, ASKER, DONE, everythingOf, Walk, type WalkOptions } from '../support/walk.ts';
import { groupsNamed } from '../support/walk-state.ts';

const HOUR_MS = 3_600_000;
const TEAM = 'bbbbbbbb-0000-4000-8000-000000000001';
const CLUSTERS = ['prod-eu', 'prod-us'] as const;

/** One person who is given the same level on two clusters. */
class TwoClusters {
  readonly walk: Walk;

  constructor(walk: Walk) {
    this.walk = walk;
  }

  static async start(adjust: WalkOptions['adjust'] = {}): Promise<TwoClusters> {
    return new TwoClusters(await Walk.start({ clusters: CLUSTERS, adjust }));
  }

  async asks(cluster: (typeof CLUSTERS)[number], duration: string): Promise<SlackMessage> {
    const before = (await this.walk.cards()).length;
    await this.walk.user(ASKER).types(`access admin ${cluster} ${duration} restoring shop-db`);
    return this.walk.newCard(before, /Waits for/);
  }

  async isGiven(card: SlackMessage): Promise<SlackMessage> {
    await this.walk.approves(card);
    return this.walk.becomes(card, /Granted until/);
  }

  /** Whether the person may run backups at each cluster's K10, after a sign-in of now. */
  async may(): Promise<Record<string, boolean | undefined>> {
    const seen: Record<string, boolean | undefined> = {};
    for (const { name, dashboard } of this.walk.sandbox.clusters) {
      const visit = await signIn(dashboard, ASKER);
      seen[name] = visit.signedIn ? visit.who.rights['backup'] : undefined;
    }
    return seen;
  }

  /** Waits for a private answer that says this anywhere. */
  answered(member: CastMember, matches: RegExp): Promise<SlackMessage> {
    const { control } = this.walk.sandbox.slack;
    return this.walk.until(`the answer ${matches}`, async () =>
      (await control.ephemerals(member.slackId)).findLast((one) => matches.test(everythingOf(one))),
    );
  }

  told(matches: RegExp): Promise<SlackMessage> {
    const { control } = this.walk.sandbox.slack;
    return this.walk.until(`to be told ${matches}`, async () =>
      (await control.directMessages(ASKER.slackId)).findLast((one) => matches.test(textOf(one))),
    );
  }
}

describe('the same level on two clusters', () => {
  let house: TwoClusters;
  let cards: Record<(typeof CLUSTERS)[number], SlackMessage>;
  beforeAll(async () => {
    house = await TwoClusters.start();
    await house.walk.runs(DONE, {}, 'prod-eu');
  });
  afterAll(() => house?.walk.close());

  it('is not set up with the group of the other cluster: the form says why, and what to do', async () => {
    const [own] = groupsNamed(house.walk.sandbox, 'Kasten Users (prod-eu)');
    const errors = await house.walk.asks({ 'group:admin': String(own?.id) }, ASKER, 'prod-us');
    expect(errors['group:admin']).toMatch(
      /Kasten Users \(prod-eu\) is the group of admin on prod-eu already: .* a group of its own.*sharedGroup/,
    );
    await house.walk.runs(DONE, {}, 'prod-us');
  });

  it('is given on both, each for its own time', async () => {
    cards = {
      'prod-eu': await house.isGiven(await house.asks('prod-eu', '1h')),
      'prod-us': await house.isGiven(await house.asks('prod-us', '2h')),
    };
    expect(textOf(cards['prod-us'])).not.toMatch(/shared/);
    expect(await house.may()).toEqual({ 'prod-eu': true, 'prod-us': true });
  });

  it('is lost only where it has ended', async () => {
    await house.walk.sandbox.clock.moveOn(HOUR_MS + 1_000);
    await house.walk.becomes(
      cards['prod-eu'],
      /Access ended .* removed from Kasten Users \(prod-eu\) and checked in Entra/,
    );
    expect(await house.may()).toEqual({ 'prod-eu': false, 'prod-us': true });
    await house.walk.sandbox.clock.moveOn(HOUR_MS);
    await house.walk.becomes(cards['prod-us'], /Access ended .* removed from Kasten Users \(prod-us\)/);
    expect(await house.may()).toEqual({ 'prod-eu': false, 'prod-us': false });
  });
});

describe('the same level on two clusters that share a group because they are meant to', () => {
  let house: TwoClusters;
  let [first, second]: (SlackMessage | undefined)[] = [];
  beforeAll(async () => {
    house = await TwoClusters.start({
      entra: (usual) => ({
        ...usual,
        groups: [{ id: TEAM, displayName: 'Backup Team', members: [CAST.outsider.email] }],
      }),
      configuration: (usual) => ({
        ...usual,
        accessLevels: [
          {
            name: 'admin',
            description: 'Everything in K10',
            roles: ['admin', 'ns-admin'],
            group: 'Kasten Users',
            sharedGroup: true,
          },
        ],
      }),
    });
    await house.walk.runs(DONE, { 'group:admin': TEAM }, 'prod-eu');
  });
  afterAll(() => house?.walk.close());

  it('is said to be shared by the plan that makes it so, and by the status', async () => {
    const plan = await house.walk.plan({ 'group:admin': TEAM }, ASKER, 'prod-us');
    expect(everythingOf(plan)).toContain(
      'Backup Team, the group for admin, is also that of admin on prod-eu: access for a time on one of them is access on all of them',
    );
    await house.walk.approves(plan);
    await house.walk.becomes(plan, DONE);
    await house.walk.user(ASKER).types('status prod-us');
    await house.answered(ASKER, /Backup Team, 1 member: [^·]+ · shared with \*admin\* on prod-eu/);
  });

  it('is said to let somebody in on both before anybody approves it, and when it was given', async () => {
    const asked = await house.asks('prod-eu', '1h');
    expect(textOf(asked)).toContain('*Lets them in elsewhere, too:* admin on prod-us has the same group');
    first = await house.isGiven(asked);
    expect(textOf(first)).toContain('The group is shared, so this is also *admin* on prod-us');
    await house.told(/You have \*admin\* on prod-eu until .*this is also \*admin\* on prod-us/);
    expect(await house.may()).toEqual({ 'prod-eu': true, 'prod-us': true });
    second = await house.isGiven(await house.asks('prod-us', '2h'));
  });

  it('goes on until the later end, which the card, the person and whoever lists grants are told', async () => {
    if (first === undefined || second === undefined) throw new Error('nothing was given');
    await house.walk.sandbox.clock.moveOn(HOUR_MS + 1_000);
    const card = await house.walk.becomes(
      first,
      /Its time was over .* they stay in Backup Team for \*admin\* on prod-us/,
    );
    expect(everythingOf(card)).toContain('Time is over, access goes on: admin on Kasten prod-eu');
    expect(textOf(card)).toMatch(
      /It goes on as long as \*admin\* on prod-us does, by plan until .* To end it now/,
    );
    await house.told(/You still have it as long as \*admin\* on prod-us, by plan until/);
    expect(await house.may()).toEqual({ 'prod-eu': true, 'prod-us': true });
    await house.walk.user(ASKER).types('grants');
    const list = await house.walk.user(ASKER).readsPrivately('the list', /Your access: 1 grant now/);
    expect(list).toMatch(/\*admin\* on prod-us and with it \*admin\* on prod-eu, until/);
    await house.walk.user(APPROVER).types('audit prod-eu');
    await house.answered(APPROVER, /saw its time over; it went on with admin on prod-us/);
  });

  it('is over on both with the last of the grants', async () => {
    if (second === undefined) throw new Error('nothing was given');
    await house.walk.sandbox.clock.moveOn(HOUR_MS);
    const card = await house.walk.becomes(second, /Access ended .* removed from Backup Team/);
    expect(textOf(card)).toContain('It is over for *admin* on prod-eu, too.');
    expect(await house.may()).toEqual({ 'prod-eu': false, 'prod-us': false });
  });
});
