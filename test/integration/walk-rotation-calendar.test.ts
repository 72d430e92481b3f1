import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { textOf } from '../../sandbox/tour/slack-user.ts';
import { notice } from '../../sandbox/tour/walk-reminder.ts';
import { dayAt } from '../../src/domain/calendar.ts';
import { type AutoRotation, calendarStep } from '../../src/domain/secrets/rotation-calendar.ts';
import { type RunWindow, WEEKDAYS } from '../../src/domain/secrets/rotation-window.ts';
import { APPROVER, ASKER, DONE, everythingOf, OUTSIDER, ROTATED, Walk } from '../support/walk.ts';
import { keysIn } from '../support/walk-secrets.ts';
import { applicationOf, secretsOf } from '../support/walk-state.ts';
import { EVERYTHING, TORN_DOWN, tearsDown } from '../support/walk-teardown.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
// However late Kastellan looks, it has to come to the same window.
const LOOKS_WITHIN_MS = HOUR_MS / 2;
const RULE: AutoRotation = {
  before: 10 * DAY_MS,
  window: { days: WEEKDAYS, from: 540, to: 900, timeZone: 'Europe/Berlin' },
};

describe('a rotation that the calendar asks for', () => {
  let walk: Walk;
  let window: RunWindow;
  beforeAll(async () => {
    walk = await Walk.start({
      adjust: {
        configuration: (usual) => ({
          ...usual,
          setup: { upgradeTimeout: '5s' },
          rotation: {
            autoRotateBefore: '10d',
            rotate: { days: [...WEEKDAYS], between: '09:00-15:00', timeZone: 'Europe/Berlin' },
          },
        }),
      },
    });
    await walk.runs(DONE, { addMe: ['admin'] });
  });
  afterAll(() => walk?.close());

  const now = () => walk.now();
  const moveTo = (moment: number) => walk.sandbox.clock.moveOn(moment - now());
  const endsAt = () => String(secretsOf(applicationOf(walk.sandbox))[0]?.['endDateTime']);

  /** Moves time on, past this moment, to where the calendar has to ask, and gives the window it has to ask for. */
  async function untilItAsks(from: number): Promise<RunWindow> {
    for (let moment = Math.max(from, now()); ; moment += HOUR_MS) {
      const [step, later] = [moment, moment + LOOKS_WITHIN_MS].map((time) =>
        calendarStep(new Date(time), endsAt(), RULE, undefined),
      );
      if (step?.do !== 'ask' || later?.do !== 'ask' || later.window.opens !== step.window.opens) continue;
      moveTo(moment);
      return step.window;
    }
  }

  const due = () => Date.parse(endsAt()) - RULE.before;
  const newest = async (): Promise<SlackMessage | undefined> => (await walk.cards()).at(-1);

  it('is announced the day before, with the window in which it will run', async () => {
    const before = (await walk.cards()).length;
    window = await untilItAsks(due());
    const card = await walk.newCard(before, /Waits for/);
    expect(textOf(card)).toMatch(
      /The calendar wants a new client secret for kasten-service.*The one in use ends/,
    );
    const opens = Math.floor(Date.parse(window.opens) / 1_000);
    expect(textOf(card)).toMatch(new RegExp(`Once approved, it begins <!date\\^${opens}\\^`));
    expect(walk.sandbox.slack.control.actionsOf(card)).toEqual([
      'request.approve',
      'request.deny',
      'request.diff',
      'rotation.not-now',
    ]);
  });

  it('can be put off by approvers only, with a reason, and not beyond the end', async () => {
    const { control } = walk.sandbox.slack;
    const card = await newest();
    if (card === undefined) throw new Error('There is no card');
    const stranger = walk.user(OUTSIDER);
    await stranger.presses(card, 'rotation.not-now');
    await stranger.readsPrivately('why not', /Only members of .* can put this off/);

    const user = walk.user(APPROVER);
    await user.presses(card, 'rotation.not-now');
    const view = await control.untilModal(APPROVER.slackId);
    const beyond = dayAt(new Date(Date.parse(endsAt()) + DAY_MS), 'Europe/Berlin');
    const errors = await user.submits(view, { until: beyond, reason: 'nope' });
    expect(errors).toEqual({ until: expect.stringMatching(/^Choose a day from .* to .*\.$/) });
    const until = dayAt(new Date(now() + 3 * DAY_MS), 'Europe/Berlin');
    expect(await user.submits(view, { until, reason: 'Release <!here> week' })).toEqual({});
    const put = await walk.becomes(card, /was put off/);
    expect(textOf(put)).toContain(`|${until}>: "Release &lt;!here&gt; week"`);
    expect(keysIn(walk.sandbox)).toHaveLength(1);
  });

  it('is announced again for that day, waits for its window when approved, and runs then', async () => {
    const before = (await walk.cards()).length;
    const [old] = keysIn(walk.sandbox);
    window = await untilItAsks(now() + 2 * DAY_MS);
    const card = await walk.newCard(before, /Waits for/);
    await walk.approves(card);
    const waiting = await walk.becomes(card, /Begins .*when its window opens/);
    expect(everythingOf(waiting)).toContain('rotation.not-now');
    expect(keysIn(walk.sandbox)).toEqual([old]);
    moveTo(Date.parse(window.opens) + 60_000);
    const done = await walk.becomes(card, ROTATED);
    expect(textOf(done)).toMatch(/as planned by the calendar · new secret ends .* · old one removed/);
    expect(keysIn(walk.sandbox)).toHaveLength(1);
    expect(keysIn(walk.sandbox)).not.toContain(old);
  });

  it('is tried again in the next window when it fails, and approvers hear of it in between', async () => {
    const before = (await walk.cards()).length;
    window = await untilItAsks(due());
    const card = await walk.newCard(before, /Waits for/);
    await walk.approves(card);
    await walk.becomes(card, /Begins/);
    walk.sandbox.kubernetes.gate.hold();
    moveTo(Date.parse(window.opens) + 60_000);
    await walk.becomes(card, /stopped at/);
    walk.sandbox.kubernetes.gate.release();
    moveTo(now() + 10 * 60_000);
    await walk.becomes(card, /It is tried again by itself/);
    moveTo(Date.parse(window.opens) + 20 * HOUR_MS);
    await walk
      .user(APPROVER)
      .readsPrivately('a reminder', /asked by the calendar, stopped and waits for somebody/);
    moveTo(Date.parse(window.opens) + DAY_MS + 2 * HOUR_MS);
    await walk.becomes(card, ROTATED);
    expect(keysIn(walk.sandbox)).toHaveLength(1);
  });

  it('stands back for a person who wants it now', async () => {
    const before = (await walk.cards()).length;
    window = await untilItAsks(due());
    const announced = await walk.newCard(before, /Waits for/);
    const mine = await walk.rotates(/Waits for/, ASKER);
    await walk.becomes(announced, /Somebody wants it now/);
    await walk.approves(mine);
    await walk.becomes(mine, ROTATED);
  });

  it('is called off where its cluster is torn down meanwhile, and so is the reminder of its secret', async () => {
    const { control } = walk.sandbox.slack;
    const before = (await walk.cards()).length;
    window = await untilItAsks(due());
    const announced = await walk.newCard(before, /Waits for/);
    await walk.approves(announced);
    await walk.becomes(announced, /Begins/);
    const reminder = await notice(walk.sandbox, /client secret of .* ends in 1\d days/);
    expect(control.actionsOf(reminder)).toContain('reminder.rotate');

    const done = await tearsDown(walk, TORN_DOWN, EVERYTHING);
    expect(textOf(done)).toContain('Announced rotations (1 called off)');
    const off = await walk.becomes(announced, /was called off/);
    expect(textOf(off)).toMatch(/prod-eu was torn down meanwhile \(request \w{8}\)/);
    expect(control.actionsOf(off)).toEqual([]);
    const over = await notice(walk.sandbox, /is not needed any more: sign-in with it was torn down/);
    expect(over.ts).toBe(reminder.ts);
    expect(textOf(over)).toMatch(/request \w{8} by <@U0BEN>/);
    expect(control.actionsOf(over)).toEqual([]);
  });
});
