import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SeedPerson } from '../../sandbox/entra/seed.ts';
import { AuditChain } from '../../src/adapters/redis/audit-chain.ts';
import { createAuditLog } from '../../src/adapters/redis/audit-log.ts';
import { createBreakGlassStore } from '../../src/adapters/redis/break-glass-store.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRequestStore } from '../../src/adapters/redis/request-store.ts';
import type { AccessForm } from '../../src/domain/access/access.ts';
import { plannedElsewhere } from '../../src/domain/access/access-plan.ts';
import { KastellanError } from '../../src/domain/errors.ts';
import type { SlackPerson } from '../../src/domain/person.ts';
import { CALENDAR, isFinal, type Request } from '../../src/domain/requests/request.ts';
import { NotARequester } from '../../src/domain/requests/requesters.ts';
import type { AccessRule, ApprovalRule, Policy } from '../../src/domain/requests/rules.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { LevelSpec } from '../../src/domain/setup/setup.ts';
import { proposedInput } from '../../src/domain/setup/setup-input.ts';
import { breakGlass } from '../../src/operations/access/break-glass.ts';
import { chaseReviews } from '../../src/operations/access/chase-reviews.ts';
import { endGrant } from '../../src/operations/access/end-grant.ts';
import { linkPerson } from '../../src/operations/access/link-person.ts';
import { listGrants } from '../../src/operations/access/list-grants.ts';
import { openBreakGlass } from '../../src/operations/access/open-break-glass.ts';
import { requestAccess, storeAccess } from '../../src/operations/access/request-access.ts';
import { reviewGrant } from '../../src/operations/access/review-grant.ts';
import { revokePerson } from '../../src/operations/access/revoke-person.ts';
import { sweepGrants } from '../../src/operations/access/sweep-grants.ts';
import { watchDeletedAccounts } from '../../src/operations/access/watch-deleted-accounts.ts';
import { accessStories } from '../../src/operations/audit/access-story.ts';
import { decide } from '../../src/operations/requests/decide.ts';
import { expireAndRemind } from '../../src/operations/requests/expire.ts';
import { resume } from '../../src/operations/requests/resume.ts';
import { sweep } from '../../src/operations/requests/sweep.ts';
import { requestRotation } from '../../src/operations/secrets/request-rotation.ts';
import { requestSetup } from '../../src/operations/setup/request-setup.ts';
import { requestTeardown } from '../../src/operations/teardown/request-teardown.ts';
import type { RequestView } from '../../src/ports/messenger.ts';
import type { World } from '../../src/ports/world.ts';
import { reviewedMessage } from '../../src/slack/access/access-answers.ts';
import { linkMessage } from '../../src/slack/access/link-message.ts';
import { objectionMessage } from '../../src/slack/requests/objections.ts';
import { requestCard } from '../../src/slack/requests/request-card.ts';
import { requesterMessage } from '../../src/slack/requests/requester-message.ts';
import { lookForMemberDrift } from '../../src/workflows/access/member-drift.ts';
import { revokeMembership } from '../../src/workflows/access/revoke-membership.ts';
import { findAskableLevels, requireRequester } from '../../src/workflows/requests/requesters.ts';
import { AccessWorld, accessForm, GROUPS, WHO } from '../support/access-world.ts';
import { MINIMAL, person, writes } from '../support/entra-adapter.ts';
import { breakGlassRule, RULES } from '../support/memory-world.ts';
import { QUIET, startRedisChild } from '../support/redis.ts';
import { sampleRequest } from '../support/sample-request.ts';

const HOUR_MS = 3_600_000;
const GHOST = '00000000-0000-4000-8000-00000000dead';
let house: AccessWorld;

/** The usual accounts in Entra. */
function usual(): SeedPerson[] {
  return Object.keys(WHO).map((name) => person(name));
}

async function approvedInVain(): Promise<string> {
  const { id } = await house.asks();
  await house.work();
  await house.approves(id);
  await house.worksWith({
    addMembers: async () => {
      throw new KastellanError({ code: 'entra.refused', message: 'Entra does not add anybody.' });
    },
  });
  return id;
}

function toldOf(topic: string | RegExp): string[] {
  const matches = (said: string) => (typeof topic === 'string' ? said === topic : topic.test(said));
  return house.told.filter((told) => matches(told.topic)).map(({ to }) => to);
}

beforeEach(async () => {
  house = await AccessWorld.start();
});
afterEach(() => house.close());

describe('an approval by somebody who may not approve any more', () => {
  beforeEach(async () => {
    await house.close();
    const twoApprovals = RULES.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, required: 2 },
    }));
    house = await AccessWorld.start({ rules: { accessLevels: twoApprovals } });
    house.approvers.add(WHO.dan);
  });

  it.each([
    ['left the group of approvers', () => house.approvers.delete(WHO.ben)],
    ['has no account in Slack any more', () => house.deactivated.add(WHO.ben)],
  ])('does not count when the last one comes in: who gave it %s', async (_why, leaves) => {
    const { id } = await house.asks();
    await house.work();
    await house.approves(id);
    leaves();
    await house.approves(id, WHO.cleo);
    await house.work();
    expect(house.members()).toEqual([]);
    const pending = await house.request(id);
    expect(pending).toMatchObject({ state: 'pending', decisions: [{ by: WHO.ben }, { by: WHO.cleo }] });
    const card = requestCard(house.shown.at(-1) as RequestView, new Date(house.now));
    expect(card.text).toContain(
      `<@${WHO.ben}> approved this and may not do so any more: that approval no longer counts.`,
    );
    expect(card.text).toContain(`1 of 2 approved: <@${WHO.cleo}>.`);
    await house.approves(id, WHO.dan);
    await house.work();
    expect(house.members()).toEqual(['ada']);
    expect(await house.grant(id)).toMatchObject({ approvers: [WHO.cleo, WHO.dan] });
  });

  it('is refused at the click when their account was closed a moment ago', async () => {
    const { id } = await house.asks();
    await house.work();
    house.deactivated.add(WHO.ben);
    expect(await house.approves(id)).toMatchObject({
      counted: false,
      objection: { kind: 'not-an-approver' },
    });
  });
});

describe('access that is asked for twice with the same form', () => {
  const form = accessForm();
  const asks = (world = house.world, asker: string = WHO.ada) =>
    requestAccess(world, asker, form, 5_000, 'V0FORM');

  it('is one request, also when both arrive at the same moment', async () => {
    const [one, other] = await Promise.all([asks(), asks()]);
    expect(one).toMatchObject({ ok: true });
    expect(other).toEqual(one);
    expect(await house.world.requests.list({})).toHaveLength(1);
    const made = (await house.world.audit.latest(10)).filter(({ action }) => action === 'request.created');
    expect(made).toHaveLength(1);
  });

  it('is the same request when the form comes again later', async () => {
    const first = await asks();
    await house.work();
    const again = await asks();
    expect(again).toMatchObject({
      ok: true,
      request: { id: first.ok && first.request.id, state: 'pending' },
    });
    expect(await house.world.requests.list({})).toHaveLength(1);
  });

  it("is never somebody else's request", async () => {
    const own = await asks();
    const other = await asks(house.world, WHO.cleo);
    expect(own.ok).toBe(true);
    expect(other.ok && own.ok && other.request.id === own.request.id).toBe(false);
  });
});

describe('access that was approved', () => {
  it('is in Entra before anybody reads that it was granted, and its time is counted from then', async () => {
    const { id } = await house.asks();
    await house.work();
    expect(house.members()).toEqual([]);
    house.now += 5 * 60_000;
    await house.approves(id);
    await house.work();
    expect(house.members()).toEqual(['ada']);
    const grant = await house.grant(id);
    expect(grant).toMatchObject({ state: 'active', before: 'absent', approvers: [WHO.ben] });
    expect(Date.parse(grant.endsAt) - Date.parse(grant.grantedAt ?? '')).toBe(HOUR_MS);
    expect(await house.request(id)).toMatchObject({ state: 'done' });
  });

  it('is taken back when its time is over, and the card says so once Entra shows it', async () => {
    const { id } = await house.given();
    await house.passes(HOUR_MS - 1_000);
    expect(house.members()).toEqual(['ada']);
    await house.passes(1_000);
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({
      state: 'ended',
      end: { why: 'expired' },
      removal: { membership: 'removed' },
      lateMs: 0,
    });
    expect(house.shown.at(-1)?.grant?.state).toBe('ended');
    expect(house.told.at(-1)).toMatchObject({ to: WHO.ada, topic: 'grant-ended' });
  });

  it('ends at once when who has it is done', async () => {
    const { id } = await house.given();
    expect(await endGrant(house.world, id, WHO.ada)).toMatchObject({ ending: true });
    await house.work();
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({ state: 'ended', end: { why: 'done', by: WHO.ada } });
    expect(await endGrant(house.world, id, WHO.ada)).toMatchObject({ ending: false, why: 'too-late' });
  });

  it('is not given any more where somebody took it back before it was in Entra', async () => {
    const id = await approvedInVain();
    expect(await house.grant(id)).toMatchObject({ state: 'granting' });
    expect(await endGrant(house.world, id, WHO.dan, 'the incident is over')).toMatchObject({ ending: true });
    expect(await resume(house.world, id, WHO.ada, 'retry')).toMatchObject({ resumed: true });
    await house.work();
    expect(writes(house.bench.entra).filter((write) => write.startsWith('PATCH /v1.0/groups'))).toEqual([]);
    expect(await house.request(id)).toMatchObject({ state: 'failed', failure: { code: 'access.time-over' } });
    expect(await house.grant(id)).toMatchObject({ state: 'ended', end: { why: 'revoked', by: WHO.dan } });
  });

  it('is not given if its worker comes after the deadline, and the card says how old the approval is', async () => {
    const { id } = await house.asks();
    await house.work();
    await house.approves(id);
    const { expiresAt = '' } = await house.request(id);
    house.now = Date.parse(expiresAt);
    await house.work();
    expect(await house.request(id)).toMatchObject({ state: 'expired' });
    expect(house.members()).toEqual([]);
    const { text } = requestCard(house.shown.at(-1) as RequestView, new Date(house.now));
    expect(text).toMatch(
      /<@U0BEN> approved this <!date.*>, but it could not begin .*: the approval was 4 h old\./,
    );
  });

  it('is not given on a retry that a worker comes to after the deadline', async () => {
    const id = await approvedInVain();
    expect(await resume(house.world, id, WHO.ada, 'retry')).toMatchObject({ resumed: true });
    house.now = Date.parse((await house.request(id)).expiresAt ?? '');
    await house.work();
    expect(house.members()).toEqual([]);
    expect(await house.request(id)).toMatchObject({
      state: 'failed',
      failure: { code: 'approval.expired', message: expect.stringContaining('The approval is 4 h old') },
    });
  });

  it('is not given without an approval either, where a worker comes to it too late', async () => {
    await house.close();
    house = await AccessWorld.start({
      rules: {
        accessLevels: RULES.accessLevels.map((level) => ({
          ...level,
          access: { ...level.access, required: 0 },
        })),
      },
    });
    const { id } = await house.asks();
    house.now += 4 * HOUR_MS;
    await house.work();
    expect(await house.request(id)).toMatchObject({ state: 'expired' });
    expect(house.members()).toEqual([]);
  });

  it('is not given on an approval of long ago, but can be rolled back', async () => {
    const id = await approvedInVain();
    const { state, expiresAt } = await house.request(id);
    expect(state).toBe('failed');
    house.now = Date.parse(expiresAt ?? '');
    expect(await resume(house.world, id, WHO.ada, 'retry')).toMatchObject({ resumed: false, why: 'too-old' });
    expect(await resume(house.world, id, WHO.ada, 'roll-back')).toMatchObject({ resumed: true });
  });

  it('is ended by approvers and operators, and by nobody else', async () => {
    const { id } = await house.given();
    house.approvers.delete(WHO.cleo);
    expect(await endGrant(house.world, id, WHO.cleo, 'no')).toMatchObject({
      ending: false,
      why: 'not-allowed',
    });
    expect(await endGrant(house.world, id, WHO.dan, 'the incident is over')).toMatchObject({ ending: true });
    await house.work();
    expect(await house.grant(id)).toMatchObject({
      end: { why: 'revoked', by: WHO.dan, reason: 'the incident is over' },
    });
  });

  it('is found by a sweep when its job was lost, and its lateness is noted', async () => {
    const { id } = await house.given();
    house.jobs = [];
    await house.passes(3 * HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    await sweepGrants(house.world);
    await house.work();
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({ state: 'ended', lateMs: 2 * HOUR_MS });
  });

  it('that cannot be taken back is tried again and again, and written down once', async () => {
    const { id } = await house.given();
    house.now += HOUR_MS;
    const removeMembers = async () => {
      throw new KastellanError({ code: 'entra.refused', message: 'Entra does not remove anybody.' });
    };
    for (let times = 0; times < 3; times += 1) {
      await house.worksWith({ removeMembers });
      house.now += 60_000;
    }
    expect(toldOf('grant-stuck')).toEqual([WHO.dan, WHO.dan, WHO.dan]);
    const entries = await house.world.audit.read({ requestIds: new Set([id]), limit: 100 });
    const since = entries.map(({ action }) => action).slice(0, 3);
    expect(since).toEqual(['grant.stuck', 'grant.removing', expect.not.stringMatching(/stuck|removing/)]);
    await house.work();
    expect(await house.grant(id)).toMatchObject({ state: 'ended', removal: { membership: 'removed' } });
  });

  it('is told of by somebody else where a worker died between a note and its saying so', async () => {
    const { id } = await house.given();
    house.told.length = 0;
    await sweep(house.world);
    expect(toldOf(/^done-/)).toEqual([WHO.ada]);
    house.told.length = 0;
    await revokeMembership(house.world, id, {
      why: 'revoked',
      by: WHO.dan,
      at: house.world.clock.now().toISOString(),
    });
    expect(toldOf('grant-ended')).toEqual([]);
    await house.world.queue.add(id);
    await house.work();
    expect(toldOf('grant-ended')).toEqual([WHO.ada]);
    expect(house.shown.at(-1)?.grant).toMatchObject({ id, state: 'ended' });
  });

  it('is shown by a sweep where a process died before it drew the card, however long ago', async () => {
    const { id } = await house.given({ durationMs: 2 * HOUR_MS });
    house.now += 1.5 * HOUR_MS;
    house.shown.length = 0;
    await sweep(house.world);
    expect(house.shown.map(({ request }) => request.id)).not.toContain(id);
    house.undrawn = [id, 'no request'];
    await sweep(house.world);
    expect(house.shown.at(-1)).toMatchObject({ request: { id, state: 'done' }, grant: { state: 'active' } });
    expect(house.undrawn).toEqual([id]);
  });

  it('lasts no longer than was approved from when the clock is seen to be set back, and the card says until when', async () => {
    const { id, endsAt } = await house.given();
    house.now -= 30_000;
    await sweepGrants(house.world);
    expect(await house.grant(id)).toMatchObject({ state: 'active', endsAt });
    house.now -= 3 * HOUR_MS;
    await sweepGrants(house.world);
    const shortened = new Date(house.now + HOUR_MS).toISOString();
    expect(await house.grant(id)).toMatchObject({ state: 'active', endsAt: shortened });
    expect(house.shown.at(-1)?.grant).toMatchObject({ id, endsAt: shortened });
    expect(house.members()).toEqual(['ada']);
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({ state: 'ended', end: { why: 'expired' }, lateMs: 0 });
  });
});

describe('asking', () => {
  it('twice is answered with what was asked for already', async () => {
    const { id } = await house.asks();
    const again = await requestAccess(house.world, WHO.cleo, accessForm(), 5_000);
    expect(again).toMatchObject({ ok: false, existing: { request: { id } } });
  });

  it('for what somebody has is answered with it, unless it is for more time', async () => {
    const { id } = await house.given();
    const again = await requestAccess(house.world, WHO.ada, accessForm(), 5_000);
    expect(again).toMatchObject({ ok: false, existing: { grant: { id } } });
    const more = await house.given({ prolongs: id, durationMs: 2 * HOUR_MS });
    expect(more.before).toBe('absent');
    expect(await house.grant(id)).toMatchObject({
      state: 'ended',
      end: { why: 'prolonged' },
      removal: { membership: 'kept-for-other', for: more.id },
    });
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual([]);
  });
});

describe('more time that ends before what is held', () => {
  it('takes nothing away, and the card says that what is held goes on', async () => {
    const held = await house.given({ durationMs: 3 * HOUR_MS });
    const more = await house.given({ prolongs: held.id });
    expect(more).toMatchObject({ state: 'active', heldUntil: held.endsAt });
    expect(await house.grant(held.id)).toMatchObject({ state: 'active', endsAt: held.endsAt });
    const view = house.shown.findLast(({ request: { id } }) => id === more.id) as RequestView;
    expect(requestCard(view, new Date(house.now)).text).toContain(
      'It ends earlier than the grant that they had before, which goes on until',
    );
    await house.passes(2 * HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual([]);
  });
});

describe('the right to ask', () => {
  const BEN = { userGroups: [], users: [WHO.ben], entraGroups: [] };
  const APPROVERS = { userGroups: ['kasten-approvers'], users: [], entraGroups: [] };
  const IN_ENTRA = { userGroups: [], users: [], entraGroups: [GROUPS['prod-us'].toUpperCase()] };

  function where(access: Partial<AccessRule>, kinds: Partial<ApprovalRule> = {}): World {
    const { rules } = house.world;
    const accessLevels = rules.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, ...access },
    }));
    const setup = { ...rules.approvals.setup, ...kinds };
    return { ...house.world, rules: { ...rules, accessLevels, approvals: { ...rules.approvals, setup } } };
  }

  const asking = (world: World, asker: string, form: Partial<AccessForm> = {}) =>
    requestAccess(world, asker, accessForm({ beneficiary: asker, ...form }), 5_000);

  async function refused(attempt: Promise<unknown>): Promise<string> {
    const { list } = house.world.requests;
    const before = (await list({})).map(({ id, version }) => [id, version]);
    const jobs = [...house.jobs];
    const thrown = await attempt.catch((error: unknown) => error);
    if (!(thrown instanceof NotARequester)) throw new Error(`It was not refused: ${String(thrown)}`);
    expect((await list({})).map(({ id, version }) => [id, version])).toEqual(before);
    expect(house.jobs).toEqual(jobs);
    expect(await house.world.audit.latest(1)).toMatchObject([
      { action: 'click.refused', detail: { verdict: 'ask', why: 'not-a-requester' } },
    ]);
    return requesterMessage(thrown).text;
  }

  it('is that of people and user groups on the list, of nobody else, and whom to ask is said', async () => {
    const world = where({ requesters: APPROVERS });
    expect(await refused(asking(world, WHO.ada))).toContain('Ask members of @kasten-approvers instead.');
    expect(await asking(world, WHO.ben)).toMatchObject({ ok: true });
    expect(await asking(where({ requesters: BEN }), WHO.ben, { cluster: 'prod-us' })).toMatchObject({
      ok: true,
    });
    house.unreadable = ['kasten-approvers'];
    await expect(asking(world, WHO.ada)).rejects.toMatchObject({ code: 'request.requester-unknown' });
  });

  it('is looked at again when they retry what no person approves', async () => {
    const asked = await house.asks();
    const failed = { ...asked, id: 'failed01', state: 'failed' as const, required: 0 };
    await house.world.requests.create(failed, { action: 'request.created', actor: WHO.ada });
    const retry = (users: string[]) => {
      const world = where({ required: 0, requesters: { ...BEN, users } });
      return resume(world, failed.id, WHO.ada, 'retry');
    };
    expect(await refused(retry([WHO.ben]))).toContain('You may not ask for access as admin.');
    expect(await retry([WHO.ada])).toMatchObject({ resumed: true });
  });

  it('is that of members of an Entra group, also by way of a group in it', async () => {
    const world = where({ requesters: IN_ENTRA });
    house.addsByHand('ada', 'prod-eu');
    expect(await refused(asking(world, WHO.ada))).toContain('You may not ask for access as admin.');
    house.bench.entra.directory.entries.get(GROUPS['prod-us'])?.members.add(GROUPS['prod-eu']);
    expect(await asking(world, WHO.ada, { cluster: 'prod-us' })).toMatchObject({ ok: true });
  });

  it('is not found where Entra does not answer: that is said, and nothing is asked for', async () => {
    const world = where({ requesters: { ...IN_ENTRA, users: [WHO.ben] } });
    house.bench.entra.knobs.unavailableNext = 1_000;
    await expect(asking(world, WHO.ada)).rejects.toMatchObject({
      code: 'request.requester-unknown',
      hint: expect.stringContaining('Nothing was asked for. Try again in a minute'),
    });
    expect(await house.world.requests.list({})).toEqual([]);
    // Who is named in Slack needs no answer of Entra.
    await requireRequester(world, WHO.ben, { kind: 'access', level: 'admin', onBehalf: false });
    house.bench.entra.knobs.unavailableNext = 0;
  });

  it('is not waited for longer than a form can wait', async () => {
    const world = where({ requesters: APPROVERS });
    const hangs = { ...world, people: { ...world.people, membersOf: () => new Promise<string[]>(() => {}) } };
    const wish = { kind: 'access', level: 'admin', onBehalf: false } as const;
    await expect(requireRequester(hangs, WHO.ada, wish, 1)).rejects.toMatchObject({
      code: 'request.requester-unknown',
    });
  });

  it('says why Entra groups do not count for a person whom Entra does not know', async () => {
    const gone = house.accountOf('dan');
    house.bench.entra.portal.deletePerson(gone);
    const said = await refused(asking(where({ requesters: IN_ENTRA }), WHO.dan));
    expect(said).toContain('Your groups in Entra could not count: dan has no account in Entra');
  });

  it('is another one for another person, and none without an approval unless it is given', async () => {
    const desk = where({ requesters: APPROVERS, onBehalf: { ...BEN, users: [WHO.dan] } });
    const forAda = { beneficiary: WHO.ada };
    expect(await refused(asking(desk, WHO.ben, forAda))).toBe(
      'You may not ask for access as admin for another person. Ask <@U0DAN> instead. Nothing was asked for.',
    );
    expect(await refused(asking(desk, WHO.dan))).toContain('You may not ask for access as admin.');
    expect(await asking(desk, WHO.dan, forAda)).toMatchObject({ ok: true });
    const alone = where({ required: 0, requesters: BEN });
    expect(await refused(asking(alone, WHO.ben, { ...forAda, cluster: 'prod-us' }))).toContain(
      'Each person asks for themselves.',
    );
  });

  it('offers the levels a person may ask for, and for whom', async () => {
    const world = where({ onBehalf: BEN });
    expect(await findAskableLevels(world, WHO.ada, 5_000)).toEqual([
      { level: 'admin', forSelf: true, onBehalf: false },
      { level: 'ns-admin', forSelf: true, onBehalf: false },
    ]);
    expect(await findAskableLevels(where({ requesters: BEN }), WHO.ada, 5_000)).toEqual([]);
  });

  it('is looked at for set-up, rotation and tear-down, before a rotation of the calendar stands back', async () => {
    const world = where({}, { requesters: BEN });
    const announced = sampleRequest({ id: 'announced', asker: CALENDAR });
    const rotation = { ...announced, kind: 'rotation', spec: { setup: announced.spec } } as const;
    await house.world.requests.create(rotation, { action: 'request.created', actor: CALENDAR });
    expect(await refused(requestRotation(world, WHO.ada, 'prod-eu'))).toContain('a rotation');
    const input = proposedInput(world.rules, ['prod-eu'], new Map());
    expect(await refused(requestSetup(world, WHO.ada, input, 5_000))).toContain('a set-up');
    const both = proposedInput(
      world.rules,
      ['prod-eu', 'prod-us'],
      new Map([['prod-us', ['https://x.example']]]),
    );
    expect(await refused(requestSetup(world, WHO.ada, both, 5_000))).toContain('Ask <@U0BEN> instead.');
    const form = { cluster: 'prod-eu', remove: [], gone: '' };
    expect(await refused(requestTeardown(world, WHO.ada, form))).toContain('a tear-down');
    expect(await requestRotation(world, CALENDAR, 'prod-eu')).toMatchObject({ why: 'under-way' });
  });
});

describe('who wants to know', () => {
  it('sees their own grants, and operators see everybody’s', async () => {
    const first = await house.given();
    const second = await house.given({ beneficiary: WHO.dan, durationMs: HOUR_MS / 2 }, WHO.dan);
    expect(await listGrants(house.world, WHO.ada, 'mine')).toMatchObject({ grants: [{ id: first.id }] });
    expect(await listGrants(house.world, WHO.ada, 'everybody')).toEqual({ allowed: false });
    const all = await listGrants(house.world, WHO.dan, 'everybody');
    expect(all).toMatchObject({ grants: [{ id: second.id }, { id: first.id }] });
  });
});

describe('a decision on access', () => {
  const asked = async (durationMs = 4 * HOUR_MS) => {
    const { id } = await house.asks({ durationMs });
    await house.work();
    return id;
  };

  it('does not count when its approver left the group between card and click', async () => {
    const id = await asked();
    house.approvers.delete(WHO.ben);
    expect(await house.approves(id)).toMatchObject({
      counted: false,
      objection: { kind: 'not-an-approver' },
    });
    expect(await house.approves(id, WHO.cleo)).toMatchObject({ counted: true });
  });

  it('does not count for oneself, nor from whom the access is for', async () => {
    const { id } = await house.asks({ beneficiary: WHO.ben }, WHO.cleo);
    await house.work();
    expect(await house.approves(id, WHO.cleo)).toMatchObject({ objection: { kind: 'own-request' } });
    expect(await house.approves(id, WHO.ben)).toMatchObject({ objection: { kind: 'own-access' } });
  });

  it('may give less, and not more', async () => {
    const id = await asked();
    await expect(house.approves(id, WHO.ben, 8 * HOUR_MS)).rejects.toMatchObject({
      code: 'access.duration-unfit',
    });
    await house.approves(id, WHO.ben, HOUR_MS / 2);
    await house.work();
    expect(await house.grant(id)).toMatchObject({ durationMs: HOUR_MS / 2 });
    await house.passes(HOUR_MS / 2);
    expect(house.members()).toEqual([]);
  });

  it('counts although another group of approvers cannot be read, and nobody is said not to be in that one', async () => {
    await house.close();
    const approvers = { userGroups: ['leads'], users: [WHO.cleo] };
    const accessLevels = RULES.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, approvers },
    }));
    house = await AccessWorld.start({ rules: { accessLevels } });
    const id = await asked();
    house.unreadable = ['leads'];
    await expect(house.approves(id)).rejects.toMatchObject({ code: 'slack.away' });
    expect(await house.approves(id, WHO.cleo)).toMatchObject({ counted: true });
  });

  it('is asked of others when nobody has made it, reminded of, and at last not awaited any more', async () => {
    await house.close();
    const escalation = { after: HOUR_MS / 2, approvers: { userGroups: [], users: [WHO.dan] } };
    const accessLevels = RULES.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, escalation },
    }));
    house = await AccessWorld.start({ rules: { accessLevels } });
    const id = await asked();
    expect(await house.approves(id, WHO.dan)).toMatchObject({ counted: false });
    await expireAndRemind(house.world);
    expect(toldOf('escalated')).toEqual([]);
    house.now += HOUR_MS / 2;
    await expireAndRemind(house.world);
    expect(toldOf('escalated').toSorted()).toEqual([WHO.ben, WHO.cleo, WHO.dan]);
    house.now += 3 * HOUR_MS;
    await expireAndRemind(house.world);
    expect(toldOf('reminder-1').toSorted()).toEqual([WHO.ben, WHO.cleo, WHO.dan]);
    house.now += HOUR_MS;
    await expireAndRemind(house.world);
    expect(await house.request(id)).toMatchObject({ state: 'expired' });
    expect(await house.approves(id, WHO.dan)).toMatchObject({ objection: { kind: 'already-decided' } });
  });

  it('does not count once its time is over, although nobody has ended the request yet', async () => {
    const id = await asked();
    house.now += 4 * HOUR_MS;
    const late = { counted: false, objection: { kind: 'already-decided', request: { state: 'expired' } } };
    expect(await house.approves(id)).toMatchObject(late);
    expect(await house.request(id)).toMatchObject({ state: 'expired' });
  });

  it('that nobody but the one who gets it could make is said to be impossible', async () => {
    house.approvers.delete(WHO.cleo);
    const { id } = await house.asks({ beneficiary: WHO.ben });
    await house.work();
    expect((await house.request(id)).plan?.notes).toContain(
      '1 approval is needed, but nobody besides the asker and who gets it may approve. Add approvers.',
    );
  });

  it('is reminded of as soon as approvers can be read, and one whose approvers cannot holds up no other', async () => {
    const over = await asked();
    house.now += HOUR_MS / 2;
    await house.asks({ cluster: 'prod-us' });
    await house.work();
    house.now += 3.5 * HOUR_MS;
    house.unreadable = ['kasten-approvers'];
    await expect(expireAndRemind(house.world)).rejects.toThrow('Slack does not answer.');
    expect(await house.request(over)).toMatchObject({ state: 'expired' });
    expect(toldOf('reminder-1')).toEqual([]);
    house.unreadable = [];
    await expireAndRemind(house.world);
    expect(toldOf('reminder-1').toSorted()).toEqual([WHO.ben, WHO.cleo]);
  });

  it('is not needed where a level needs none', async () => {
    await house.close();
    const accessLevels = RULES.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, required: 0 },
    }));
    house = await AccessWorld.start({ rules: { accessLevels } });
    const { id } = await house.asks();
    await house.work();
    expect(await house.grant(id)).toMatchObject({ state: 'active', approvers: [] });
  });
});

describe('two clusters', () => {
  it('lose only the access that ended', async () => {
    await house.given();
    await house.given({ cluster: 'prod-us', durationMs: 2 * HOUR_MS });
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual([]);
    expect(house.members('prod-us')).toEqual(['ada']);
  });
});

describe('two clusters that share one group', () => {
  const FAR = { cluster: 'prod-us', durationMs: 2 * HOUR_MS } as const;
  const withRules = async (atEnd: 'membership' | 'both') => {
    const accessLevels = RULES.accessLevels.map((level) => ({
      ...level,
      sharedGroup: true,
      access: { ...level.access, atEnd },
    }));
    await house.close();
    house = await AccessWorld.start({ rules: { accessLevels } });
    await house.wasSetUp('prod-us', GROUPS['prod-eu']);
  };

  it('say so before anybody approves, and that access goes on until the last of the grants ends', async () => {
    await withRules('membership');
    const here = await house.given();
    expect(here.alsoOn).toEqual([{ cluster: 'prod-us', level: 'admin' }]);
    expect(plannedElsewhere((await house.request(here.id)).plan)).toEqual(['admin on prod-us']);
    const far = await house.given(FAR);
    const ending = await endGrant(house.world, here.id, WHO.ada);
    expect(ending).toMatchObject({ through: { cluster: 'prod-us', level: 'admin', until: far.endsAt } });
    await house.work();
    expect(house.members()).toEqual(['ada']);
    expect(await house.grant(here.id)).toMatchObject({
      state: 'ended',
      removal: { membership: 'kept-for-other', for: far.id, elsewhere: { cluster: 'prod-us' } },
    });
    const [ended] = await house.world.audit.read({ requestIds: new Set([here.id]), limit: 1 });
    expect(ended).toMatchObject({ action: 'grant.ended', detail: { goesOnWith: 'admin on prod-us' } });
    await house.passes(2 * HOUR_MS);
    expect(house.members()).toEqual([]);
  });

  it('are asked about anew where the group came to be shared after the approval', async () => {
    const { id } = await house.asks();
    await house.work();
    await house.approves(id);
    await house.wasSetUp('prod-us', GROUPS['prod-eu']);
    await house.work();
    expect(house.members()).toEqual([]);
    expect(await house.request(id)).toMatchObject({ state: 'pending', decisions: [] });
  });

  it('refuse at once where the bindings rest, though the membership goes on for the other', async () => {
    await withRules('both');
    await house.binds();
    const here = await house.given();
    await house.given(FAR);
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    expect(await house.grant(here.id)).toMatchObject({ refusedAtOnce: true });
    expect(house.bound('prod-eu')).toEqual([0, 0]);
  });

  it('refuse at once also where the access of somebody on the other is over and not taken back yet', async () => {
    await withRules('both');
    await house.binds();
    const here = await house.given();
    await house.given({ cluster: 'prod-us', beneficiary: WHO.dan }, WHO.dan);
    house.jobs = house.jobs.filter(({ id }) => id === here.id);
    await house.passes(HOUR_MS + 1_000);
    expect(house.members()).toEqual(['dan']);
    expect(await house.grant(here.id)).toMatchObject({ state: 'ended', refusedAtOnce: true });
    expect(house.bound('prod-eu')).toEqual([0, 0]);
  });
});

describe('a level that a cluster was set up with before it was torn down', () => {
  const SPEC = sampleRequest().spec;
  const remembers = async (request: Request) => {
    house.now += 60_000;
    const at = new Date(house.now).toISOString();
    const asked = { ...request, state: 'done', createdAt: at, changedAt: at } as const;
    await house.world.requests.create(asked, { action: 'request.created', actor: WHO.dan });
  };
  const tearsDown = () => {
    const { plan: _plan, ...base } = sampleRequest({ id: 'teardown' });
    const spec = { setup: SPEC, setupId: 'setup-prod-eu', levels: [], remove: [] };
    return remembers({ ...base, kind: 'teardown', spec });
  };
  const setsUp = (levels: readonly LevelSpec[]) =>
    remembers(sampleRequest({ id: 'anew', spec: { ...SPEC, levels } }));
  const OTHER: LevelSpec = { level: 'ns-admin', roles: ['ns-admin'], group: { newName: 'Ops' }, members: [] };

  it.each([
    ['a group that was chosen', () => house.wasSetUp('prod-eu', GROUPS['prod-us'])],
    ['a group that set-up made', () => setsUp(SPEC.levels)],
  ])('is not given for a time where it was not set up since, by %s', async (_group, wasSetUp) => {
    await wasSetUp();
    await tearsDown();
    await remembers(sampleRequest({ id: 'since', spec: { ...SPEC, levels: [OTHER] } }));
    const { id } = await house.asks();
    await house.work();
    expect(await house.request(id)).toMatchObject({
      state: 'refused',
      failure: { code: 'access.not-set-up' },
    });
  });

  it('is given again once it was set up anew', async () => {
    await house.wasSetUp('prod-eu', GROUPS['prod-us']);
    await tearsDown();
    await setsUp(SPEC.levels);
    await house.given();
    expect(house.members()).toEqual(['ada']);
  });
});

describe('overdue access', () => {
  it('is taken back in the order in which it should have ended', async () => {
    const late = await house.given({ durationMs: 2 * HOUR_MS });
    const later = await house.given({ beneficiary: WHO.dan, durationMs: HOUR_MS }, WHO.dan);
    house.jobs = [];
    house.now += 5 * HOUR_MS;
    await sweepGrants(house.world);
    expect(house.jobs.map(({ id }) => id)).toEqual([later.id, late.id]);
  });
});

describe('access whose account was deleted before its end', () => {
  const DAY_MS = 24 * HOUR_MS;
  const MINUTE_MS = 60_000;
  let ada: string;

  const looks = async () => {
    await watchDeletedAccounts(house.world);
    await house.work();
  };
  const endsDeleted = async () => {
    const { portal } = house.bench.entra;
    const { id } = await house.given();
    ada = house.objectId('ada');
    portal.deletePerson(ada);
    await house.passes(HOUR_MS);
    return { id, restores: () => portal.restorePerson(ada) };
  };
  const watched = async () => (await house.world.grants.restorable()).map(({ id }) => id);
  const audited = async (id: string) =>
    (await house.world.audit.read({ requestIds: new Set([id]), limit: 100 })).map(({ action }) => action);

  it('is taken back once more when the account is restored and brings it along, and everybody concerned is told', async () => {
    const { id, restores } = await endsDeleted();
    expect(await house.grant(id)).toMatchObject({ state: 'ended', removal: { membership: 'account-gone' } });
    house.now += 20 * DAY_MS;
    await looks();
    restores();
    expect(house.members()).toEqual(['ada']);
    house.told.length = 0;
    await watchDeletedAccounts(house.world);
    expect(house.shown.at(-1)?.grant).toMatchObject({ id, state: 'ending' });
    await house.passes(2 * MINUTE_MS);
    expect(house.members()).toEqual([]);
    expect(await house.grant(id)).toMatchObject({
      state: 'ended',
      end: { why: 'expired' },
      removal: { membership: 'removed' },
      lateMs: 2 * MINUTE_MS,
    });
    expect(house.shown.at(-1)?.grant).toMatchObject({ id, state: 'ended' });
    expect(toldOf(/^grant-came-back/).toSorted()).toEqual([WHO.ada, WHO.dan]);
    const actions = await audited(id);
    expect(actions.filter((action) => action === 'grant.came-back')).toHaveLength(1);
    expect(actions.filter((action) => action === 'grant.ended')).toHaveLength(2);
    expect(await watched()).toEqual([]);
  });

  it('is taken back each time that the account is deleted and restored', async () => {
    const { id, restores } = await endsDeleted();
    restores();
    await watchDeletedAccounts(house.world);
    house.bench.entra.portal.deletePerson(ada);
    await house.work();
    expect(await watched()).toEqual([id]);
    restores();
    await looks();
    expect(house.members()).toEqual([]);
    expect(toldOf(/^grant-came-back/)).toHaveLength(4);
  });

  it('costs one read in each look, until Entra cannot restore it any more', async () => {
    const { id } = await endsDeleted();
    house.bench.entra.requestLog.length = 0;
    await looks();
    expect(house.bench.entra.requestLog.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      `GET /v1.0/users/${ada}`,
    ]);
    house.now += 29 * DAY_MS;
    await looks();
    expect(await watched()).toEqual([id]);
    house.now += DAY_MS;
    await looks();
    expect(await watched()).toEqual([]);
    expect(await audited(id)).toContain('grant.watch-ended');
  });

  it('stays as long as access that was given anew', async () => {
    const { restores } = await endsDeleted();
    restores();
    const anew = await house.given({ durationMs: 2 * HOUR_MS });
    expect(anew.before).toBe('absent');
    await looks();
    expect(house.members()).toEqual(['ada']);
    expect(toldOf(/^grant-came-back/)).toEqual([]);
    await house.passes(2 * HOUR_MS);
    expect(house.members()).toEqual([]);
  });

  it('stays where a set-up has put the person there for good meanwhile', async () => {
    const { restores } = await endsDeleted();
    await house.world.rosters.add(GROUPS['prod-eu'], [ada], { action: 'roster.changed', actor: WHO.dan });
    restores();
    await looks();
    expect(house.members()).toEqual(['ada']);
    expect(toldOf(/^grant-came-back/)).toEqual([]);
  });

  it('stays where somebody has put the person there by hand since, as Entra tells', async () => {
    await house.close();
    house = await AccessWorld.start({ permissions: [...MINIMAL, 'AuditLog.Read.All'] });
    const { id, restores } = await endsDeleted();
    restores();
    house.removesByHand('ada');
    house.bench.entra.knobs.clockOffsetMs += HOUR_MS + MINUTE_MS;
    house.addsByHand('ada');
    await looks();
    expect(house.members()).toEqual(['ada']);
    expect(await house.grant(id)).toMatchObject({ state: 'ended', removal: { membership: 'account-gone' } });
  });

  it('is not looked for any more a quarter of an hour after an account came back without it', async () => {
    const { id } = await house.given();
    ada = house.objectId('ada');
    house.removesByHand('ada');
    const { portal } = house.bench.entra;
    portal.deletePerson(ada);
    await house.passes(HOUR_MS);
    portal.restorePerson(ada);
    await looks();
    expect(await watched()).toEqual([id]);
    house.now += 15 * MINUTE_MS;
    await looks();
    expect(await watched()).toEqual([]);
    house.addsByHand('ada');
    await looks();
    expect(house.members()).toEqual(['ada']);
  });

  it('is not looked for in a group that is gone', async () => {
    const { id, restores } = await endsDeleted();
    restores();
    const { directory } = house.bench.entra;
    const group = directory.entries.get(GROUPS['prod-eu']);
    if (group === undefined) throw new Error('no group');
    directory.softDelete(group);
    await looks();
    expect(await audited(id)).toContain('grant.account-restored');
  });
});

describe('revoking a person', () => {
  it('takes back all that they have, everywhere', async () => {
    await house.given();
    await house.given({ cluster: 'prod-us' });
    expect(await revokePerson(house.world, WHO.ben, WHO.ada, 'no')).toEqual({ allowed: false });
    await expect(revokePerson(house.world, WHO.dan, WHO.ada, '\u200b\u3164')).rejects.toMatchObject({
      code: 'revoke.no-reason',
    });
    const result = await revokePerson(house.world, WHO.dan, WHO.ada, 'left the company');
    expect(result).toMatchObject({ allowed: true, grants: [{ state: 'ending' }, { state: 'ending' }] });
    await house.work();
    expect([...house.members(), ...house.members('prod-us')]).toEqual([]);
  });

  it('cancels what waits or failed, and leaves what concerns others and has begun', async () => {
    const failed = await approvedInVain();
    const planning = await house.asks({ cluster: 'prod-us' });
    const forBen = await house.asks({ beneficiary: WHO.ben });
    const at = '2026-11-23T10:00:00.000Z';
    const setup = sampleRequest({ asker: WHO.ada, state: 'running', startedAt: at });
    await house.world.requests.create(setup, { action: 'request.created', actor: WHO.ada });
    const result = await revokePerson(house.world, WHO.dan, WHO.ada, 'left the company');
    if (!result.allowed) throw new Error('refused');
    expect(result.cancelled.map(({ id }) => id).toSorted()).toEqual(
      [failed, planning.id, forBen.id].toSorted(),
    );
    expect(result.left.map(({ id }) => id)).toEqual([setup.id]);
    await house.work();
    expect(await house.request(failed)).toMatchObject({ state: 'undone' });
    expect(await house.request(planning.id)).toMatchObject({ state: 'withdrawn' });
    expect(await resume(house.world, failed, WHO.ada, 'retry')).toMatchObject({ why: 'too-late' });
    const view = house.shown.findLast(({ request: { id } }) => id === planning.id) as RequestView;
    expect(requestCard(view, new Date(house.now)).text).toMatch(
      /was cancelled\. <@U0DAN> revoked .*"left the company"/,
    );
    expect(toldOf(/^withdrawn-/)).toContain(WHO.ada);
  });

  it('cancels what others asked for and would make them a permanent member, and names where they are one', async () => {
    await house.wasSetUp('prod-us', GROUPS['prod-us']);
    const { world } = house;
    const noted = { action: 'roster.added', actor: WHO.dan };
    await world.rosters.add(GROUPS['prod-us'], [house.objectId('ada')], noted);
    const { spec } = sampleRequest();
    const withAda = { ...spec, levels: spec.levels.map((level) => ({ ...level, members: [WHO.ada] })) };
    const ada = { objectId: house.objectId('ada'), name: 'ada', slackUserId: 'U0LEFT' };
    const requests = [
      sampleRequest({ id: 'planning', state: 'planning', asker: WHO.ben, spec: withAda }),
      sampleRequest({ id: 'approved', state: 'approved', asker: WHO.ben, spec: withAda }),
      sampleRequest({ id: 'adopting', asker: WHO.ben, plan: { changes: [], notes: [], newMembers: [ada] } }),
      sampleRequest({ id: 'running1', state: 'running', asker: WHO.ben, spec: withAda }),
      sampleRequest({ id: 'foreign1', asker: WHO.ben }),
    ];
    const parts = [{ cluster: 'prod-eu', requestId: 'part1', spec: withAda }];
    const batch = {
      ...sampleRequest({ id: 'batch', asker: WHO.ben }),
      kind: 'batch' as const,
      spec: { parts },
    };
    for (const request of [...requests, batch]) {
      await world.requests.create(request, { action: 'request.created', actor: WHO.ben });
    }
    const result = await revokePerson(world, WHO.dan, WHO.ada, 'left the company');
    if (!result.allowed) throw new Error('refused');
    expect(result.cancelled.map(({ id }) => id).toSorted()).toEqual([
      'adopting',
      'approved',
      'batch',
      'planning',
    ]);
    expect(result.left.map(({ id }) => id)).toEqual(['running1']);
    expect(result.permanentOn).toEqual([{ cluster: 'prod-us', level: 'admin' }]);
    const view = house.shown.findLast(({ request: { id } }) => id === 'approved') as RequestView;
    expect(requestCard(view, new Date(house.now)).text).toContain(
      `<@${WHO.dan}> revoked all access and requests of <@${WHO.ada}> `,
    );
  });

  it('ends everything while 25 of their requests are under way in another process', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: breakGlassRule(WHO.ada) } });
    const { world } = house;
    const child = startRedisChild('revoke', house.redis.url, WHO.dan, WHO.ada);
    expect(await child.line()).toBe('ready');
    const ask = async (number: number) => {
      const { durationMs, reason, level, beneficiary } = accessForm();
      const spec = { durationMs, reason, level, beneficiary };
      return storeAccess(world, WHO.ada, number % 2 === 0 ? 'prod-eu' : 'prod-us', spec);
    };
    const planned = await Promise.all(Array.from({ length: 20 }, (_, number) => ask(number)));
    await house.work();
    for (const { id } of planned.slice(4)) await house.approves(id);
    const unplanned = await Promise.all(Array.from({ length: 5 }, (_, number) => ask(number)));
    let added = 0;
    const working = house.worksWith({
      addMembers: async (...given) => {
        added += 1;
        if (added === 3) child.go();
        return house.bench.directory.addMembers(...given);
      },
    });
    expect(await child.line()).toMatch(/^revoked \d+ 0$/);
    await working;
    // The jobs that the other process had are lost, as when it dies: the sweeps find what is left to do.
    for (let turn = 0; turn < 3; turn += 1) {
      await sweep(world);
      await sweepGrants(world);
      await house.passes(3_000);
    }
    expect([...house.members(), ...house.members('prod-us')]).toEqual([]);
    expect(await world.grants.live()).toEqual([]);
    const states = await Promise.all(
      [...planned, ...unplanned].map(async ({ id }) => (await house.request(id)).state),
    );
    expect(states.filter((state) => !isFinal(state))).toEqual([]);
    expect(states.filter((state) => state === 'withdrawn').length).toBeGreaterThan(8);
    expect(await breakGlass(world, WHO.ada, { cluster: 'prod-eu', reason: 'let me in' })).toMatchObject({
      ok: false,
      shut: { by: WHO.dan, reason: 'left the company' },
    });
  });

  it('keeps break-glass shut until another operator opens it', async () => {
    await house.close();
    const rules = { breakGlass: breakGlassRule(WHO.ada), operators: [WHO.dan, WHO.ada] };
    house = await AccessWorld.start({ rules });
    const take = () => breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    expect(await revokePerson(house.world, WHO.dan, WHO.ada, 'phone stolen')).toMatchObject({ isShut: true });
    expect(await take()).toMatchObject({ ok: false, shut: { by: WHO.dan, reason: 'phone stolen' } });
    expect(await openBreakGlass(house.world, WHO.ben, WHO.ada)).toMatchObject({ why: 'not-allowed' });
    expect(await openBreakGlass(house.world, WHO.ada, WHO.ada)).toMatchObject({ why: 'own' });
    expect(await openBreakGlass(house.world, WHO.dan, WHO.ada)).toEqual({ opened: true });
    expect(await take()).toMatchObject({ ok: true });
  });

  it('makes a level that needs no approval need one, until another operator opens it', async () => {
    await house.close();
    const accessLevels = RULES.accessLevels.map((level) => ({
      ...level,
      access: { ...level.access, required: 0 },
    }));
    house = await AccessWorld.start({ rules: { accessLevels } });
    await house.given();
    expect(await revokePerson(house.world, WHO.dan, WHO.ada, 'phone stolen')).toMatchObject({
      isShut: false,
      needsApproval: true,
    });
    await house.work();
    expect(house.members()).toEqual([]);
    const { id } = await house.asks();
    await house.work();
    expect(await house.request(id)).toMatchObject({ state: 'pending', required: 1 });
    const view = house.shown.findLast(({ request }) => request.id === id) as RequestView;
    expect(requestCard(view, new Date(house.now)).text).toContain(
      `An operator revoked this person's access ("phone stolen"): until it is opened again, this needs an approval.`,
    );
    expect(house.members()).toEqual([]);
    await house.approves(id);
    await house.work();
    expect(house.members()).toEqual(['ada']);
    await revokePerson(house.world, WHO.dan, WHO.ada, 'again');
    await house.work();
    expect(await openBreakGlass(house.world, WHO.dan, WHO.ada)).toEqual({ opened: true });
    const free = await house.asks();
    await house.work();
    expect(await house.grant(free.id)).toMatchObject({ state: 'active', approvers: [] });
  });

  it('lets no break-glass in that began before it was shut', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: breakGlassRule(WHO.ada) } });
    const { world } = house;
    const late: World = {
      ...world,
      breakGlass: {
        ...world.breakGlass,
        // It was read a moment before an operator shut it.
        find: async (person) => {
          const before = await world.breakGlass.find(person);
          if (before === undefined) await revokePerson(world, WHO.dan, WHO.ada, 'phone stolen');
          return before;
        },
      },
    };
    const result = await breakGlass(late, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    expect(result).toMatchObject({ ok: false, shut: { by: WHO.dan } });
    expect(await world.requests.list({ person: WHO.ada })).toEqual([]);
  });
});

describe('members whom nobody can account for', () => {
  const drift = () => lookForMemberDrift(house.world, 'admin', GROUPS['prod-eu']);
  const roster = (ids: readonly string[]) =>
    house.world.rosters.add(GROUPS['prod-eu'], ids, { action: 'roster.changed', actor: 'kastellan' });

  beforeEach(async () => {
    await house.close();
    house = await AccessWorld.start({ permissions: [...MINIMAL, 'AuditLog.Read.All'] });
  });

  it('are told with who added or removed them and since when, and are left as they are', async () => {
    await roster([house.objectId('cleo')]);
    house.addsByHand('cleo');
    await house.given();
    expect(await drift()).toBeUndefined();
    house.addsByHand('dan');
    house.removesByHand('ada');
    house.removesByHand('cleo');
    const { administrator } = house.bench.entra.portal;
    const told = await drift();
    expect(told).toMatchObject({ rosterKnown: true, more: 0 });
    expect(told?.people.map(({ kind, name, by }) => [kind, name, by])).toEqual([
      ['unaccounted', 'dan', administrator],
      ['missing', 'cleo', administrator],
      ['missing', 'ada', administrator],
    ]);
    expect(told?.people.every(({ since }) => Number.isFinite(Date.parse(since ?? '')))).toBe(true);
    expect(house.members()).toEqual(['dan']);
  });

  it('are all those without a grant when Redis was lost, and the grants that were in it are over for nobody', async () => {
    await roster([]);
    await house.given();
    await house.redisLost();
    const told = await drift();
    expect(told).toMatchObject({ rosterKnown: false });
    expect(told?.people).toMatchObject([{ kind: 'unaccounted', name: 'ada' }]);
    await house.passes(2 * HOUR_MS);
    await sweepGrants(house.world);
    await house.work();
    expect(house.members()).toEqual(['ada']);
  });

  it('are told without who did it where Kastellan may not read that', async () => {
    house.bench.entra.knobs.revokedPermissions = ['AuditLog.Read.All'];
    await roster([]);
    house.addsByHand('dan');
    const told = await drift();
    expect(told?.people).toEqual([{ kind: 'unaccounted', name: 'dan' }]);
    expect(told?.unread).toMatch(/AuditLog\.Read\.All/);
  });

  it('are kept when a set-up has put them there for good while their grant ran', async () => {
    await roster([]);
    const { id } = await house.given();
    await roster([house.objectId('ada')]);
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual(['ada']);
    expect(await house.grant(id)).toMatchObject({ removal: { membership: 'kept-from-before' } });
  });
});

describe('a level whose bindings rest while nobody was given it', () => {
  const resting = (atEnd: 'both' | 'binding') => ({
    accessLevels: RULES.accessLevels.map((level) => ({ ...level, access: { ...level.access, atEnd } })),
  });

  it('is refused at once when the last of its grants ends, and let in again with the next', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: resting('both') });
    await house.binds();
    const first = await house.given();
    const second = await house.given({ beneficiary: WHO.dan, durationMs: 2 * HOUR_MS }, WHO.dan);
    expect(house.bound()).toEqual([1, 1]);
    await house.passes(HOUR_MS);
    expect(await house.grant(first.id)).toMatchObject({ state: 'ended', refusedAtOnce: false });
    expect(house.bound()).toEqual([1, 1]);
    await house.passes(HOUR_MS);
    expect(await house.grant(second.id)).toMatchObject({ state: 'ended', refusedAtOnce: true });
    expect(house.bound()).toEqual([0, 0]);
    expect(house.members()).toEqual([]);
    await house.given();
    expect(house.bound()).toEqual([1, 1]);
  });

  it('is not taken from those who are in the group for good', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: resting('both') });
    await house.binds();
    house.addsByHand('cleo');
    const { id } = await house.given();
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual(['cleo']);
    expect(house.bound()).toEqual([1, 1]);
    expect(await house.grant(id)).toMatchObject({ refusedAtOnce: false });
  });

  it('leaves the group alone where somebody else keeps it, and is for its members only', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: resting('binding') });
    house.addsByHand('ada');
    house.addsByHand('cleo');
    const { id } = await house.given();
    await house.passes(HOUR_MS);
    expect(house.members()).toEqual(['ada', 'cleo']);
    expect(await house.grant(id)).toMatchObject({ removal: { membership: 'kept-from-before' } });
    const other = await house.asks({ beneficiary: WHO.dan }, WHO.dan);
    await house.work();
    expect(await house.request(other.id)).toMatchObject({
      state: 'refused',
      failure: { code: 'access.not-eligible' },
    });
  });
});

describe('people whose address does not tell who they are', () => {
  const eve: SlackPerson = {
    id: 'U0EVE',
    name: 'eve',
    email: 'eve@partner.example',
    emailConfirmed: true,
    kind: 'stranger',
  };

  it('are refused with the reason and the way out, and welcome once an operator has linked them', async () => {
    await house.close();
    house = await AccessWorld.start({ slack: [eve], people: [...usual(), person('spare')] });
    const asked = () => requestAccess(house.world, WHO.ben, accessForm({ beneficiary: eve.id }), 5_000);
    expect(await asked()).toEqual({
      ok: false,
      problems: [
        {
          field: 'beneficiary',
          message: expect.stringMatching(
            /another company \(Slack Connect\).*link the Slack account.*\/kasten link/,
          ),
        },
      ],
    });
    const spare = house.accountOf('spare');
    expect(await linkPerson(house.world, WHO.ada, eve.id, spare)).toMatchObject({ why: 'not-allowed' });
    expect(await linkPerson(house.world, WHO.dan, eve.id, 'dan')).toMatchObject({ why: 'no-object-id' });
    expect(await linkPerson(house.world, WHO.dan, eve.id, GHOST)).toMatchObject({ why: 'not-in-entra' });
    expect(await linkPerson(house.world, WHO.dan, eve.id, spare)).toMatchObject({ linked: true });
    expect(await linkPerson(house.world, WHO.dan, WHO.cleo, spare)).toMatchObject({
      why: 'taken',
      slackUserId: eve.id,
    });
    expect(await asked()).toMatchObject({ ok: true });
    expect(await linkPerson(house.world, WHO.dan, eve.id, undefined)).toMatchObject({ unlinked: true });
    expect(await asked()).toMatchObject({ ok: false });
  });

  it('hear directly to which account they were linked, by whom, and that a link was taken back', async () => {
    await house.close();
    house = await AccessWorld.start({ slack: [eve], people: [...usual(), person('spare')] });
    const spare = house.accountOf('spare');
    await linkPerson(house.world, WHO.dan, eve.id, spare);
    await linkPerson(house.world, WHO.dan, eve.id, undefined);
    const [linked, unlinked] = house.toldLinks.map((view) => linkMessage(view).text);
    expect(house.toldLinks.map(({ link }) => link.slackUserId)).toEqual([eve.id, eve.id]);
    expect(linked).toMatch(
      new RegExp(`<@${WHO.dan}> linked you to the Entra account spare.* \\(spare, ${spare}\\)`),
    );
    expect(unlinked).toContain(`<@${WHO.dan}> removed the link`);
  });

  it('cannot be given an account that somebody else has by e-mail address, and that is written down', async () => {
    await house.close();
    const accounts = [...usual(), person('spare', { mail: 'sam@example.com' })];
    const sam = { ...eve, id: 'U0SAM', name: 'sam', email: 'sam@example.com' };
    house = await AccessWorld.start({ slack: [eve, sam], people: accounts });
    for (const [account, owner] of [
      [house.objectId('dan'), WHO.dan],
      [house.accountOf('spare'), sam.id],
    ] as const) {
      expect(await linkPerson(house.world, WHO.dan, eve.id, account)).toEqual({
        linked: false,
        why: 'has-by-email',
        slackUserId: owner,
      });
    }
    expect(await house.world.audit.latest(1)).toMatchObject([
      { action: 'click.refused', actor: WHO.dan, detail: { why: 'has-by-email', person: eve.id } },
    ]);
    expect(await house.world.links.find(eve.id)).toBeUndefined();
    expect(house.toldLinks).toEqual([]);
    expect(await linkPerson(house.world, WHO.dan, sam.id, house.accountOf('spare'))).toMatchObject({
      linked: true,
    });
  });
});

describe('one human with two Slack accounts', () => {
  const second = (name: string, email: string): SlackPerson => ({
    id: `U0${name.toUpperCase()}`,
    name,
    email,
    emailConfirmed: true,
    kind: 'member',
  });
  /** Starts the house again, where ada has a second Slack account, under the other address of her Entra account. */
  const start = async (required = 1, more: Partial<Policy> = {}) => {
    await house.close();
    const accounts = usual().filter(({ displayName }) => displayName !== 'ada');
    house = await AccessWorld.start({
      slack: [second('ada2', 'ada.asker@example.com')],
      people: [...accounts, person('ada', { mail: 'ada.asker@example.com' })],
      rules: {
        accessLevels: RULES.accessLevels.map((level) => ({
          ...level,
          access: { ...level.access, required },
        })),
        ...more,
      },
    });
    house.approvers.add(WHO.ada).add('U0ADA2');
  };

  it('cannot approve with the one what was asked for with the other', async () => {
    await start();
    const { id } = await house.asks({ beneficiary: WHO.dan });
    await house.work();
    const account = { objectId: house.objectId('ada'), name: 'ada' };
    expect(await house.approves(id, 'U0ADA2')).toMatchObject({
      counted: false,
      objection: { kind: 'same-account', as: 'asker', account },
    });
    expect(await house.request(id)).toMatchObject({ state: 'pending', decisions: [] });
    expect(await house.world.audit.latest(1)).toMatchObject([
      { action: 'click.refused', actor: 'U0ADA2', detail: { why: 'same-account' } },
    ]);
  });

  it('cannot approve with the one what the other would get', async () => {
    await start();
    const { id } = await house.asks({}, WHO.dan);
    await house.work();
    const refused = await house.approves(id, 'U0ADA2');
    expect(refused).toMatchObject({ objection: { kind: 'same-account', as: 'beneficiary' } });
    if (refused.counted) throw new Error('it counted');
    expect(objectionMessage(refused.objection, refused.rule).text).toContain(
      `In Entra you are ada (${house.objectId('ada')}), whom this access is for, so somebody else has to approve it.`,
    );
  });

  it('counts once, where two have to approve', async () => {
    await start(2);
    const { id } = await house.asks({ beneficiary: WHO.dan }, WHO.dan);
    await house.work();
    expect(await house.approves(id, WHO.ada)).toMatchObject({ counted: true });
    expect(await house.approves(id, 'U0ADA2')).toMatchObject({
      objection: { kind: 'same-account', as: 'approver' },
    });
    expect(await house.approves(id, WHO.ben)).toMatchObject({ request: { state: 'approved' } });
  });

  it('loses with a revoke of the one what the other has, asks for, and could take', async () => {
    await start(1, { breakGlass: breakGlassRule('U0ADA2') });
    await house.given({ beneficiary: 'U0ADA2' }, 'U0ADA2');
    expect(house.members()).toEqual(['ada']);
    const waiting = await house.asks({ cluster: 'prod-us', beneficiary: 'U0ADA2' }, 'U0ADA2');
    await house.work();
    const result = await revokePerson(house.world, WHO.dan, WHO.ada, 'left the company');
    expect(result).toMatchObject({
      allowed: true,
      grants: [{ beneficiary: 'U0ADA2', state: 'ending' }],
      cancelled: [{ id: waiting.id, state: 'withdrawn' }],
      alsoOf: ['U0ADA2'],
    });
    await house.work();
    expect(house.members()).toEqual([]);
    const take = () => breakGlass(house.world, 'U0ADA2', { cluster: 'prod-eu', reason: 'all is down' });
    expect(await take()).toMatchObject({ ok: false, shut: { by: WHO.dan } });
    expect(await openBreakGlass(house.world, WHO.dan, WHO.ada)).toEqual({ opened: true });
    expect(await take()).toMatchObject({ ok: true });
  });

  it('takes break-glass once with both in the same instant, in two processes', async () => {
    const rule = breakGlassRule(WHO.ada);
    const people = { userGroups: [], users: [WHO.ada, 'U0ADA2'] };
    await start(1, { breakGlass: { ...rule, people, perDay: 2 } });
    const connection = await connectRedis(new Secret(house.redis.url), 'requests', QUIET);
    const chain = new AuditChain(connection, house.world.clock);
    const elsewhere = {
      ...house.world,
      requests: createRequestStore(connection, chain),
      breakGlass: createBreakGlassStore(connection, chain),
      audit: createAuditLog(connection, chain),
    };
    // Neither stores anything before the other has read.
    const both = Promise.withResolvers<void>();
    let waiting = 0;
    const together = (world: World): World => ({
      ...world,
      requests: {
        ...world.requests,
        create: async (...given) => {
          waiting += 1;
          if (waiting === 2) both.resolve();
          await both.promise;
          return world.requests.create(...given);
        },
      },
    });
    const form = { cluster: 'prod-eu', reason: 'all is down' };
    const results = await Promise.all([
      breakGlass(together(house.world), WHO.ada, form),
      breakGlass(together(elsewhere), 'U0ADA2', form),
    ]);
    expect(results.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
    expect(results).toContainEqual(
      expect.objectContaining({ ok: false, limit: expect.objectContaining({ why: 'open' }) }),
    );
    expect(await house.world.requests.list({})).toHaveLength(1);
    // Noted under each account, it counts once.
    const next = await breakGlass(elsewhere, 'U0ADA2', { ...form, cluster: 'prod-us' });
    expect(next).toMatchObject({ ok: true });
    connection.disconnect();
  });

  it('counts what an earlier version noted under one of its Slack accounts', async () => {
    await start(1, { breakGlass: breakGlassRule(WHO.ada) });
    const at = new Date(house.now).toISOString();
    const taken = { requestId: 'before', cluster: 'prod-us', at };
    const old = sampleRequest({ id: 'before', cluster: 'prod-us', createdAt: at, changedAt: at });
    const created = { action: 'request.created', actor: 'U0ADA2' };
    await house.world.requests.create(old, created, [
      { person: 'U0ADA2', next: { version: 1, taken: [taken] } },
    ]);
    const take = (cluster: string) => breakGlass(house.world, WHO.ada, { cluster, reason: 'all is down' });
    expect(await take('prod-us')).toMatchObject({ limit: { why: 'open', requestId: 'before' } });
    expect(await take('prod-eu')).toMatchObject({ ok: true });
  });

  it('is revoked with all that it is known by while Entra is away', async () => {
    await start();
    await house.given({ beneficiary: 'U0ADA2' }, 'U0ADA2');
    await house.given({ cluster: 'prod-us' });
    const away = async () => {
      throw new KastellanError({ code: 'entra.unreachable', message: 'Entra does not answer.' });
    };
    const directory = { ...house.world.directory, findPeopleByEmail: away, findPerson: away };
    const result = await revokePerson({ ...house.world, directory }, WHO.dan, WHO.ada, 'phone stolen');
    expect(result).toMatchObject({ problem: 'Entra does not answer.', grants: [{}, {}] });
  });

  it('does not look at its own break-glass with the other, and counts once as a reviewer', async () => {
    await start(1, { breakGlass: breakGlassRule(WHO.dan) });
    const taken = await breakGlass(house.world, WHO.dan, { cluster: 'prod-eu', reason: 'all is down' });
    if (!('request' in taken)) throw new Error('not given');
    await house.work();
    const { id } = taken.request;
    const account = { objectId: house.objectId('ada'), name: 'ada' };
    expect(await reviewGrant(house.world, id, WHO.ada, 'right', 'it was')).toMatchObject({ counted: true });
    const again = await reviewGrant(house.world, id, 'U0ADA2', 'right', 'it was');
    expect(again).toMatchObject({ counted: false, why: 'reviewed-before', account });
    expect(reviewedMessage(again).text).toContain('who looked at this already with another Slack account');
    expect((await house.grant(id)).reviews?.given).toHaveLength(1);

    await start(1, { breakGlass: breakGlassRule(WHO.ada) });
    const own = await breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    if (!('request' in own)) throw new Error('not given');
    await house.work();
    expect(await reviewGrant(house.world, own.request.id, 'U0ADA2', 'right', 'fine')).toMatchObject({
      counted: false,
      why: 'own-access',
      account: { name: 'ada' },
    });
  });

  it('is still the same after a link to another account', async () => {
    await house.close();
    house = await AccessWorld.start({ people: [...usual(), person('spare')] });
    expect(await linkPerson(house.world, WHO.dan, WHO.ben, house.accountOf('spare'))).toMatchObject({
      linked: true,
    });
    // A link to the account of an approver, stored before such links were refused.
    await house.world.links.save(WHO.ada, house.objectId('ben'), { action: 'person.linked', actor: WHO.ben });
    const { id } = await house.asks({}, WHO.dan);
    await house.work();
    expect(await house.approves(id, WHO.ben)).toMatchObject({
      objection: { kind: 'same-account', as: 'beneficiary', account: { name: 'ben' } },
    });
  });
});

describe('an approval by a person whom Entra does not know', () => {
  const eve: SlackPerson = {
    id: 'U0EVE',
    name: 'eve',
    email: 'eve@elsewhere.example',
    emailConfirmed: true,
    kind: 'member',
  };

  it('is not counted, and they read why and what to do', async () => {
    await house.close();
    house = await AccessWorld.start({ slack: [eve] });
    house.approvers.add(eve.id);
    const { id } = await house.asks();
    await house.work();
    const refused = await house.approves(id, eve.id);
    if (refused.counted) throw new Error('it counted');
    expect(objectionMessage(refused.objection, refused.rule).text).toMatch(
      /not counted.*<@U0EVE>.*no account in Entra.*An operator can link/,
    );
    expect(await house.request(id)).toMatchObject({ state: 'pending', decisions: [] });
  });

  it('is not counted while Entra is away, but their denial is', async () => {
    const { id } = await house.asks();
    await house.work();
    const away = async () => {
      throw new KastellanError({ code: 'entra.unreachable', message: 'Entra does not answer.' });
    };
    const world = { ...house.world, directory: { ...house.world.directory, findPeopleByEmail: away } };
    const { planDigest } = await house.request(id);
    const decision = { requestId: id, actor: WHO.ben, planDigest };
    expect(await decide(world, { ...decision, verdict: 'approve' })).toMatchObject({
      objection: { kind: 'account-unknown', message: 'Entra does not answer.' },
    });
    expect(await decide(world, { ...decision, verdict: 'deny' })).toMatchObject({
      counted: true,
    });
  });

  it('could be their own request, so what they ask for is refused', async () => {
    await house.close();
    house = await AccessWorld.start({ slack: [eve] });
    const { id } = await house.asks({}, eve.id);
    await house.work();
    expect(await house.request(id)).toMatchObject({
      state: 'refused',
      failure: { message: expect.stringMatching(/who asked has to be known in Entra.*no account in Entra/) },
    });
  });
});

describe('what was stored before people were Entra accounts', () => {
  it('is decided on by the accounts of today', async () => {
    const { id } = await house.asks({}, WHO.dan);
    await house.work();
    const { accounts: _unknown, ...before } = await house.request(id);
    const decision = { by: WHO.cleo, verdict: 'approve', at: before.createdAt } as const;
    const stored = { ...before, required: 2, decisions: [decision], version: before.version + 1 };
    await house.world.requests.replace(stored as Request, before.version, { action: 'x', actor: 'x' });
    expect(await house.approves(id)).toMatchObject({ counted: true });
    expect(await house.request(id)).toMatchObject({
      state: 'approved',
      accounts: { asker: [{ name: 'dan' }], beneficiary: [{ name: 'ada' }] },
      decisions: [{ accounts: [{ name: 'cleo' }] }, { accounts: [{ name: 'ben' }] }],
    });
  });
});

describe('the card of a request for access', () => {
  it('names the Entra account that gets it, with its object ID', async () => {
    await house.asks();
    await house.work();
    const card = requestCard(house.shown.at(-1) as RequestView, new Date(house.now));
    expect(card.text).toContain(`*Entra account:* ada, object ID \`${house.objectId('ada')}\`.`);
  });
});

describe('accounts that cannot be used', () => {
  const slack = (name: string, more: Partial<SlackPerson> = {}): SlackPerson => ({
    id: `U0${name.toUpperCase()}`,
    name,
    email: `${name}@example.com`,
    emailConfirmed: true,
    kind: 'member',
    ...more,
  });
  const cases: readonly [string, SlackPerson, readonly SeedPerson[], RegExp][] = [
    [
      'disabled',
      slack('off'),
      [person('off', { accountEnabled: false })],
      /disabled.*enabled in Entra first/,
    ],
    ['a guest in Entra', slack('gus'), [person('gus', { userType: 'Guest' })], /is a guest.*\/kasten link/],
    ['a guest in Slack', slack('gil', { kind: 'guest' }), [person('gil')], /guest in Slack.*\/kasten link/],
    ['unconfirmed', slack('una', { emailConfirmed: false }), [person('una')], /not confirmed.*\/kasten link/],
    [
      'ambiguous',
      slack('amy'),
      [person('amy'), person('amy2', { mail: 'amy@example.com' })],
      /2 Entra accounts have the address.*\/kasten link/,
    ],
    ['unknown', slack('uwe'), [], /no account in Entra.*\/kasten link/],
  ];

  it.each(cases)('are refused with the reason and the way out: %s', async (_what, who, accounts, words) => {
    await house.close();
    house = await AccessWorld.start({ slack: [who], people: [...usual(), ...accounts] });
    const result = await requestAccess(house.world, WHO.ben, accessForm({ beneficiary: who.id }), 5_000);
    expect(result).toEqual({
      ok: false,
      problems: [{ field: 'beneficiary', message: expect.stringMatching(words) }],
    });
  });
});

describe('the story of a grant', () => {
  it('goes from the question to the end, and is told to operators and to the person', async () => {
    const { id } = await house.given();
    await endGrant(house.world, id, WHO.dan, 'enough');
    await house.work();
    const told = await accessStories(house.world, WHO.ada, { person: WHO.ada });
    if (!told.allowed) throw new Error('not allowed');
    const [story] = told.stories;
    expect(story?.grant).toMatchObject({ id, state: 'ended' });
    expect(story?.entries.map(({ action }) => action)).toEqual([
      'request.created',
      'request.planned',
      'request.approved',
      'request.started',
      'step.started',
      'grant.noted',
      'grant.granted',
      'step.done',
      'request.done',
      'grant.ending',
      'grant.removing',
      'grant.ended',
    ]);
    expect(story?.entries.at(-1)?.detail).toMatchObject({ by: WHO.dan, why: 'revoked', reason: 'enough' });
    const cluster = await accessStories(house.world, WHO.dan, { cluster: 'prod-eu' });
    expect(cluster).toMatchObject({ stories: [{ request: { id } }] });
    expect(await accessStories(house.world, WHO.ada, { cluster: 'prod-eu' })).toEqual({ allowed: false });
  });

  it('is told to whoever may decide on it, and nothing besides', async () => {
    await house.close();
    const accessLevels = RULES.accessLevels.map((level) =>
      level.name === 'admin'
        ? { ...level, access: { ...level.access, approvers: { userGroups: [], users: [WHO.cleo] } } }
        : level,
    );
    house = await AccessWorld.start({ rules: { accessLevels } });
    const { id } = await house.asks();
    const asked = (actor: string) => accessStories(house.world, actor, { person: WHO.ada });
    expect(await asked(WHO.cleo)).toMatchObject({
      partly: true,
      stories: [{ request: { id }, entries: [{ action: 'request.created' }] }],
      others: [],
    });
    // Ben decides on another level.
    expect(await asked(WHO.ben)).toMatchObject({ partly: true, stories: [], others: [] });
    // What an operator reads at the same moment is not for them.
    const atOnce = await Promise.all([asked(WHO.dan), asked(WHO.ben), asked(WHO.dan)]);
    expect(atOnce).toMatchObject([
      { partly: false, stories: [{ request: { id } }] },
      { partly: true, stories: [], others: [] },
      { partly: false, stories: [{ request: { id } }] },
    ]);
    house.approvers.delete(WHO.ben);
    expect(await asked(WHO.ben)).toEqual({ allowed: false });
  });
});

describe('break-glass', () => {
  const glass = breakGlassRule(WHO.ada);

  it('gives the level at once, tells everybody, and has two approvers look at it until they have', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    const result = await breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    if (!('request' in result)) throw new Error('not given');
    const { id } = result.request;
    await house.work();
    expect(house.members()).toEqual(['ada']);
    expect(toldOf('break-glass').toSorted()).toEqual([WHO.ben, WHO.cleo, WHO.dan]);
    await chaseReviews(house.world);
    expect(toldOf('review-1').toSorted()).toEqual([WHO.ben, WHO.cleo]);
    expect(await reviewGrant(house.world, id, WHO.ada, 'right', 'mine')).toMatchObject({ why: 'own-access' });
    expect(await reviewGrant(house.world, id, WHO.dan, 'right', '')).toMatchObject({ why: 'not-a-reviewer' });
    expect(await reviewGrant(house.world, id, WHO.ben, 'right', 'it was down')).toMatchObject({
      counted: true,
    });
    await chaseReviews(house.world);
    expect(toldOf('review-2')).toEqual([]);
    await house.passes(4 * HOUR_MS);
    await chaseReviews(house.world);
    expect(toldOf('review-2')).toEqual([WHO.cleo]);
    expect(await reviewGrant(house.world, id, WHO.cleo, 'wrong', 'a test')).toMatchObject({ counted: true });
    expect(toldOf(/^review-wrong/)).toEqual([WHO.dan]);
    await house.passes(4 * HOUR_MS);
    await chaseReviews(house.world);
    expect(toldOf('review-3')).toEqual([]);
    expect(await reviewGrant(house.world, id, WHO.ben, 'right', '')).toMatchObject({
      why: 'reviewed-before',
    });
  });

  it('is one at a time for each person and cluster, however it is asked for, and each witness hears of it once', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    const take = (cluster = 'prod-eu') =>
      breakGlass(house.world, WHO.ada, { cluster, reason: 'all is down' });
    const results = await Promise.all([take(), take(), take()]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect(results.filter((one) => 'limit' in one && one.limit.why === 'open')).toHaveLength(2);
    expect(toldOf('break-glass').toSorted()).toEqual([WHO.ben, WHO.cleo, WHO.dan]);
    expect(await take('prod-us')).toMatchObject({ ok: true });
    expect(await house.world.requests.list({ person: WHO.ada })).toHaveLength(2);
  });

  it('is given again after a pause, and not more often than a day allows', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    const take = () => breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    for (let time = 0; time < 3; time += 1) {
      const result = await take();
      if (!('request' in result)) throw new Error('not given');
      await house.work();
      await endGrant(house.world, result.request.id, WHO.ada);
      await house.work();
      if (time < 2) expect(await take()).toMatchObject({ ok: false, limit: { why: 'pause' } });
      house.now += HOUR_MS / 4;
    }
    expect(await take()).toMatchObject({ ok: false, limit: { why: 'per-day' } });
    house.now += 24 * HOUR_MS;
    expect(await take()).toMatchObject({ ok: true });
  });

  it('that failed and can be tried again is not given besides another, and is given by its retry', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    const take = () => breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    const first = await take();
    if (!('request' in first)) throw new Error('not given');
    const { id } = first.request;
    await house.worksWith({
      findPerson: async () => {
        throw new KastellanError({ code: 'entra.refused', message: 'Entra is away.' });
      },
    });
    expect(await house.request(id)).toMatchObject({ state: 'failed' });
    expect(await take()).toEqual({ ok: false, limit: { why: 'failed', requestId: id } });
    expect(await resume(house.world, id, WHO.ada, 'retry')).toMatchObject({ resumed: true });
    await house.work();
    expect(house.members()).toEqual(['ada']);
    expect(await take()).toMatchObject({ ok: false, limit: { why: 'open', requestId: id } });
  });

  it('is asked about once a day where break-glass is not configured any more', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    await breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'restore shop-db' });
    await house.work();
    const { breakGlass: _taken, ...rules } = house.world.rules;
    const world = { ...house.world, rules };
    for (let minute = 0; minute < 3; minute += 1) {
      await chaseReviews(world);
      house.now += 60_000;
    }
    expect(toldOf(/^review-/)).toEqual([WHO.ben, WHO.cleo]);
    house.now += 24 * HOUR_MS;
    await chaseReviews(world);
    expect(toldOf(/^review-/)).toEqual([WHO.ben, WHO.cleo, WHO.ben, WHO.cleo]);
  });

  it('gives nothing to whom has the level for good, and everybody who heard of it hears that', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    house.addsByHand('ada');
    const result = await breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    if (!('request' in result)) throw new Error('not asked');
    await house.work();
    expect(await house.request(result.request.id)).toMatchObject({ state: 'refused' });
    expect(toldOf(/^refused-/).toSorted()).toEqual([WHO.ada, WHO.ben, WHO.cleo, WHO.dan]);
  });

  it('is refused to whom is not on the list, and that is written down', async () => {
    await house.close();
    house = await AccessWorld.start({ rules: { breakGlass: glass } });
    const result = await breakGlass(house.world, WHO.dan, { cluster: 'prod-eu', reason: 'all is down' });
    expect(result).toEqual({ ok: false, why: 'not-listed' });
    expect(await house.world.audit.latest(1)).toMatchObject([{ action: 'command.refused', actor: WHO.dan }]);
  });

  it('is for nobody as long as it is not configured', async () => {
    const result = await breakGlass(house.world, WHO.ada, { cluster: 'prod-eu', reason: 'all is down' });
    expect(result).toEqual({ ok: false, why: 'not-configured' });
  });
});

describe('a set-up whose deadline is over', () => {
  const approved = { by: WHO.ben, verdict: 'approve', at: '2026-11-23T10:00:00.000Z' } as const;
  const late = { decisions: [approved], expiresAt: '2026-11-24T09:00:00.000Z' };

  it('is not begun', async () => {
    const setup = sampleRequest({ ...late, state: 'approved' });
    await house.world.requests.create(setup, { action: 'request.created', actor: WHO.dan });
    await house.world.queue.add(setup.id);
    await house.work();
    expect(await house.request(setup.id)).toMatchObject({ state: 'expired' });
    expect(writes(house.bench.entra)).toEqual([]);
  });

  it('begins no other step where its process was away between two, also after a retry before the deadline', async () => {
    const { world } = house;
    const startedAt = '2026-11-23T10:00:01.000Z';
    const setup = sampleRequest({ ...late, state: 'running', startedAt });
    await world.requests.create(setup, { action: 'request.created', actor: WHO.dan });
    const record = { step: 'group:admin', state: 'done', startedAt, memory: {}, attempts: 1 } as const;
    await world.journal.write(setup.id, record);
    await world.queue.add(setup.id);
    await house.work();
    expect(await house.request(setup.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'approval.expired', message: expect.stringContaining('old') },
    });
    expect(writes(house.bench.entra)).toEqual([]);
  });

  it('is not tried again, but can be rolled back', async () => {
    const setup = sampleRequest({ ...late, state: 'failed', startedAt: '2026-11-23T10:00:01.000Z' });
    await house.world.requests.create(setup, { action: 'request.created', actor: WHO.dan });
    expect(await resume(house.world, setup.id, WHO.ben, 'retry')).toMatchObject({ why: 'too-old' });
    expect(await resume(house.world, setup.id, WHO.ben, 'roll-back')).toMatchObject({ resumed: true });
  });
});

describe('a rotation that is asked for twice at the same moment', () => {
  const ask = (submission: string) => requestRotation(house.world, WHO.ada, 'prod-eu', {}, submission);

  it('is one request, whether it is sent again or pressed twice', async () => {
    await house.wasSetUp('prod-eu', GROUPS['prod-eu']);
    const [first, again] = await Promise.all([ask('trigger-1'), ask('trigger-1')]);
    expect(first).toMatchObject({ ok: true });
    expect(again).toEqual(first);
    expect(await ask('trigger-2')).toMatchObject({ ok: false, why: 'under-way' });
    expect(await house.world.requests.list({ kind: 'rotation' })).toHaveLength(1);
  });
});
