import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signature } from '../../sandbox/slack/delivery.ts';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { createPeople } from '../../src/adapters/slack/people.ts';
import { KastellanError, LATER } from '../../src/domain/errors.ts';
import type { AccessRule, Requesters } from '../../src/domain/requests/rules.ts';
import { Secret } from '../../src/domain/secret.ts';
import { remindedOf, reminderCardId } from '../../src/domain/secrets/reminder.ts';
import { verifyLog } from '../../src/operations/audit/verify-log.ts';
import type { Limits } from '../../src/ports/limits.ts';
import type { Question } from '../../src/ports/question.ts';
import type { Log } from '../../src/ports/telemetry.ts';
import { createSlackFront, type SlackFront } from '../../src/slack/app.ts';
import { PLAN, request } from '../support/card-views.ts';
import { memoryReads, UNLIMITED } from '../support/memory-reads.ts';
import { type MemoryWorld, memoryWorld, RULES } from '../support/memory-world.ts';
import { sampleGrant } from '../support/sample-grant.ts';
import { workspace } from './sandbox-slack-world.ts';

const CHANNEL = 'C0OPS';
const REMINDER = remindedOf(
  undefined,
  {
    id: '0f3a9c21d77e',
    application: { objectId: 'o', clientId: 'c', name: 'kasten-service' },
    purpose: { of: 'cluster', cluster: 'prod-eu' },
    credential: {
      keyId: 'k',
      kind: 'secret',
      name: null,
      hint: 'abc',
      startsAt: '2026-06-10T09:00:00Z',
      endsAt: '2027-06-10T09:00:00Z',
    },
    owners: [],
  },
  7,
  '2026-11-23T10:00:00Z',
);

async function redisIsAway(): Promise<never> {
  const hint = 'Try again in a minute.';
  throw new KastellanError({ code: 'redis.away', message: 'Redis is away.', hint, retry: LATER });
}

for (const mode of ['socket', 'http'] as const) {
  describe(`Slack by ${mode === 'socket' ? 'Socket Mode' : 'signed HTTP'}`, () => {
    let slack: SlackSandbox;
    let memory: MemoryWorld;
    let front: SlackFront;
    let asked: Question[];
    let answering: boolean;
    let warnings: object[];
    let changed: (requestId: string) => void;

    beforeAll(async () => {
      // A day of many people within a minute, without the Redis in which Kastellan counts what it may call.
      slack = await startSlack({ ...workspace({ mode }), knobs: { rateLimits: 'off' } });
    });
    afterAll(() => slack.close());

    beforeEach(async () => {
      const access = { token: new Secret(slack.botToken), apiUrl: slack.apiUrl };
      warnings = [];
      const quiet: Log = {
        info: () => undefined,
        warn: (fields) => void warnings.push(fields),
        error: () => undefined,
      };
      const shared = { budgets: UNLIMITED, reads: memoryReads() };
      memory = memoryWorld(createPeople({ ...access, ...shared, log: quiet }).people);
      asked = [];
      answering = true;
      front = await createSlackFront({
        world: memory.world,
        ask: async (question) => {
          asked.push(question);
          if (!answering) throw new KastellanError({ code: 'worker.away', message: 'No worker answers.' });
          if (question.kind === 'audit')
            return JSON.parse(JSON.stringify(await verifyLog(memory.world.audit, [])));
          return question.kind === 'doctor'
            ? {
                sections: [
                  { title: 'Redis', findings: [{ subject: 'Redis', verdict: 'good', detail: 'answers' }] },
                ],
              }
            : [{ cluster: 'prod-eu', observed: false, problem: 'It does not answer.', requests: [] }];
        },
        credentials: {
          botToken: access.token,
          ...(mode === 'socket'
            ? { appToken: new Secret(slack.appToken) }
            : { signingSecret: new Secret(slack.signingSecret) }),
        },
        approvalsChannel: CHANNEL,
        apiUrl: slack.apiUrl,
        onChange: (listener) => {
          changed = listener;
        },
        httpPort: 0,
        log: quiet,
      });
      await front.start();
      if (mode === 'http') slack.control.setRequestUrl(`${front.address()}/slack/events`);
    });
    afterEach(() => front.stop());

    if (mode === 'socket') {
      it('goes on after envelopes that cannot be read', async () => {
        const envelopes = [
          ...['setup', 5, {}, { command: ['/kasten'] }, { type: 'event_callback', event: null }],
          ...[null, [], [null], [{ action_id: 'request.approve' }]].map((actions) => ({
            type: 'block_actions',
            user: null,
            actions,
          })),
        ].map((payload, index) => JSON.stringify({ type: 'interactive', envelope_id: `e${index}`, payload }));
        for (const text of ['no JSON', '"setup"', '{}', ...envelopes]) slack.control.sendRaw(text);
        expect(await slack.control.runCommand('U0ASKER', CHANNEL, 'status prod-eu')).toMatchObject({
          outcome: 'acknowledged',
        });
        expect(front.connected()).toBe(true);
      });
    }

    it('asks for a set-up by a form, and tells the asker where the card is', async () => {
      const before = (await slack.control.ephemerals('U0ASKER')).length;
      expect(await slack.control.runCommand('U0ASKER', CHANNEL, 'setup')).toEqual({
        outcome: 'acknowledged',
      });
      const modal = await slack.control.untilModal('U0ASKER');
      const seen = await slack.control.submitView('U0ASKER', modal.id, {
        levels: ['admin'],
        addMe: ['admin'],
        dashboardUrl: 'https://k10.example.com/k10/#/dashboard',
      });
      expect(seen).toEqual({ outcome: 'acknowledged' });
      const told = await ephemeral(before);
      expect(told.text).toContain(`is in <#${CHANNEL}>`);
      const [stored] = [...memory.requests.values()].filter((request) => request.kind === 'setup');
      expect(stored).toMatchObject({ state: 'planning', asker: 'U0ASKER', cluster: 'prod-eu' });
      const spec = stored?.kind === 'setup' ? stored.spec : undefined;
      expect(spec?.origin).toBe('https://k10.example.com');
      expect(spec?.levels).toEqual([
        {
          level: 'admin',
          roles: ['admin', 'ns-admin'],
          group: { newName: 'Kasten Users (prod-eu)' },
          members: ['U0ASKER'],
        },
      ]);
      expect(memory.queued).toEqual([stored?.id]);
    });

    it.each([
      ['the second try', 'views.open', []],
      ['the form, if its trigger is too old by then', 'views.update', ['expired_trigger_id']],
    ])('opens a form once though the answer is lost, as %s tells', async (_what, method, refusals) => {
      const { control, traffic } = slack;
      const before = (await control.ephemerals('U0APPROVER')).length;
      const calls = traffic.callsOf('views.open').length + traffic.callsOf(method).length;
      control.faults.failNext('views.open', { kind: 'done-but-cut' });
      for (const error of refusals) control.faults.failNext('views.open', { kind: 'error', error });
      await control.runCommand('U0APPROVER', CHANNEL, 'setup');
      const modal = await control.untilModal('U0APPROVER');
      await control.until(`${method} after the lost answer`, () => {
        const now = traffic.callsOf('views.open').length + traffic.callsOf(method).length;
        return now >= calls + (method === 'views.open' ? 4 : 3) ? true : undefined;
      });
      const seen = await control.submitView('U0APPROVER', modal.id, {
        levels: ['admin'],
        dashboardUrl: 'https://k10.example.com/k10/#/dashboard',
      });
      expect(seen).toEqual({ outcome: 'acknowledged' });
      expect(control.modals('U0APPROVER')).toEqual([]);
      expect((await ephemeral(before, 'U0APPROVER')).text).toContain(`is in <#${CHANNEL}>`);
      expect(warnings.filter((fields) => 'reference' in fields)).toEqual([]);
    });

    it('says so where no try to open a form came through', async () => {
      const before = (await slack.control.ephemerals('U0ASKER')).length;
      slack.control.faults.failNext('views.open', { kind: 'status', status: 503 });
      slack.control.faults.failNext('views.open', { kind: 'error', error: 'expired_trigger_id' });
      await slack.control.runCommand('U0ASKER', CHANNEL, 'setup');
      expect((await ephemeral(before)).text).toContain('The form came too late');
    });

    it('acknowledges at once what no listener takes, and logs it once', async () => {
      const team = { id: 'T0SANDBOX' };
      const user = { id: 'U0ASKER', team_id: team.id };
      const actions = [{ type: 'button', action_id: 'nothing.at-all', block_id: 'b', value: '' }];
      const payloads = [
        ['events_api', { type: 'app_rate_limited', team_id: team.id, minute_rate_limited: 1_518_467_820 }],
        ['events_api', { type: 'event_callback', team_id: team.id, event: { type: 'channel_archive' } }],
        ['interactive', { type: 'shortcut', callback_id: 'nothing' }],
        ['interactive', { type: 'block_actions', user, team, trigger_id: 'none', actions }],
      ] as const;
      for (const [kind, payload] of payloads) {
        expect(await slack.control.deliver(kind, payload)).toMatchObject({ outcome: 'acknowledged' });
      }
      expect(warnings.filter((fields) => 'payload' in fields)).toEqual([
        { payload: 'app_rate_limited' },
        { payload: 'event_callback channel_archive' },
        { payload: 'shortcut' },
        { payload: 'block_actions' },
      ]);
      expect(await slack.control.runCommand('U0ASKER', CHANNEL, 'status prod-eu')).toMatchObject({
        outcome: 'acknowledged',
      });
    });

    it('says so where the form comes too late to be opened', async () => {
      slack.control.faults.failNext('views.open', { kind: 'error', error: 'expired_trigger_id' });
      await slack.control.runCommand('U0ASKER', CHANNEL, 'setup');
      expect((await ephemeralWith('U0ASKER', 'came too late')).text).toContain('do the same again');
    });

    it('shows what is wrong at its field, and keeps the form open', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'setup prod-eu');
      const modal = await slack.control.untilModal('U0ASKER');
      const seen = await slack.control.submitView('U0ASKER', modal.id, {
        dashboardUrl: 'http://k10.example.com',
        secretLifetimeDays: 'many',
        'group:admin': 'same',
        'group:ns-admin': 'same',
      });
      expect(Object.keys(seen.errors ?? {}).sort()).toEqual([
        'dashboardUrl',
        'group:ns-admin',
        'secretLifetimeDays',
      ]);
      expect(seen.errors?.['dashboardUrl']).toContain('https://');
      expect(memory.requests.size).toBe(0);
      await slack.control.closeView('U0ASKER', modal.id);
    });

    it('fills the form in anew for another cluster and shows more behind Advanced', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'setup prod-eu');
      const modal = await slack.control.untilModal('U0ASKER');
      await slack.control.clickInView('U0ASKER', modal.id, 'setup.cluster', ['prod-us'], {
        cluster: ['prod-us'],
      });
      const other = await slack.control.until('the other cluster', () => {
        const view = slack.control.modals('U0ASKER').at(-1);
        return JSON.stringify(view).includes('https://k10.us.example.com') ? view : undefined;
      });
      await slack.control.clickInView('U0ASKER', other.id, 'setup.advanced', null, { cluster: ['prod-us'] });
      const advanced = await slack.control.until('the advanced fields', () => {
        const view = slack.control.modals('U0ASKER').at(-1);
        return JSON.stringify(view).includes('groupPrefix') ? view : undefined;
      });
      const seen = await slack.control.submitView('U0ASKER', advanced.id, { groupPrefix: 'corp_' });
      expect(seen).toEqual({ outcome: 'acknowledged' });
      const [stored] = [...memory.requests.values()];
      expect(stored).toMatchObject({
        cluster: 'prod-us',
        spec: { origin: 'https://k10.us.example.com', signIn: { groupPrefix: 'corp_' } },
      });
    });

    it('counts an approval, and tells privately why others cannot count', async () => {
      const ts = await postCard();
      await slack.control.click('U0ASKER', CHANNEL, ts, 'request.approve');
      expect((await ephemeralWith('U0ASKER', 'You asked for this yourself')).text).toContain(
        'somebody else has to approve',
      );
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.approve');
      await slack.control.until('the approval', () => memory.queued.find((id) => id === '8k2mq0ab'));
      expect(memory.requests.get('8k2mq0ab')).toMatchObject({
        state: 'approved',
        decisions: [{ by: 'U0APPROVER' }],
      });
      expect(new Set(memory.pressed)).toEqual(new Set([`8k2mq0ab at ${ts}`]));
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.approve');
      const late = await ephemeralWith('U0APPROVER', 'approved this');
      expect(late.text).toContain('<@U0APPROVER> approved this');
      expect(memory.events.filter(({ action }) => action === 'click.refused')).toHaveLength(2);
    });

    it.each([
      ['grant.done', '8k2mq0ab'],
      ['grant.revoke', '8k2mq0ab'],
      ['grant.review', '8k2mq0ab'],
      ['rotation.ask', 'prod-eu'],
      ['admin.accept', '0123456789ab prod-eu'],
    ])('counts %s only in a message that Kastellan sent to this very person', async (action, value) => {
      memory.requests.set('8k2mq0ab', request('done'));
      const refused = () =>
        memory.events.flatMap(({ action: what, detail }) => (what === 'click.refused' ? [detail] : []));
      const seal = await memory.world.personalSeals.make('U0APPROVER');
      const { channel, ts } = await postButton('U0ASKER', action, `${value}::${seal}`);
      await slack.control.click('U0ASKER', channel, ts, action);
      await slack.control.until('the refusal', () => refused().length > 0 || undefined);
      const verdict = action.slice(action.indexOf('.') + 1);
      expect(refused()).toEqual([{ verdict, why: 'wrong-seal', channel, ts }]);
      const elsewhere = await postButton(CHANNEL, action, `${value}::${seal}`);
      if (action === 'rotation.ask' || action === 'admin.accept') {
        await slack.control.click('U0APPROVER', CHANNEL, elsewhere.ts, action);
        await slack.control.until('the second refusal', () => refused().length > 1 || undefined);
        expect(refused()[1]).toMatchObject({ why: 'another-message', ts: elsewhere.ts });
        return;
      }
      await slack.control.click('U0APPROVER', CHANNEL, elsewhere.ts, action);
      await slack.control.until('the look at the card', () =>
        memory.pressed.includes(`8k2mq0ab at ${elsewhere.ts}`) ? true : undefined,
      );
    });

    it('counts the buttons of a reminder only on its newest card', async () => {
      memory.reminders.set(REMINDER.id, REMINDER);
      for (const action of ['reminder.rotate', 'reminder.snooze']) {
        const { ts } = await postButton(CHANNEL, action, REMINDER.id);
        await slack.control.click('U0APPROVER', CHANNEL, ts, action);
        const card = `${reminderCardId(REMINDER.id, 7)} at ${ts}`;
        await slack.control.until('the look at the card', () => memory.pressed.includes(card) || undefined);
      }
      const modal = await slack.control.untilModal('U0APPROVER');
      await slack.control.closeView('U0APPROVER', modal.id);
      const direct = await postButton('U0APPROVER', 'reminder.snooze', REMINDER.id);
      Object.assign(memory.world.notifier, { checkCard: async () => 'another-message' });
      await slack.control.click('U0APPROVER', direct.channel, direct.ts, 'reminder.snooze');
      await ephemeralWith('U0APPROVER', 'did not draw what you just pressed');
    });

    it('refuses a decision on a plan that has changed since', async () => {
      const ts = await postCard();
      memory.requests.set('8k2mq0ab', { ...waiting(), planDigest: 'beefbeefbeef' });
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.approve');
      await ephemeralWith('U0APPROVER', 'The plan has changed since you looked');
      expect(memory.requests.get('8k2mq0ab')?.decisions).toEqual([]);
    });

    it('wants a reason for a denial', async () => {
      const ts = await postCard();
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.deny');
      const modal = await slack.control.untilModal('U0APPROVER');
      expect(
        (await slack.control.submitView('U0APPROVER', modal.id, { reason: '   ' })).errors,
      ).toHaveProperty('reason');
      await slack.control.submitView('U0APPROVER', modal.id, { reason: 'not before the freeze ends' });
      await slack.control.until('the denial', () =>
        memory.requests.get('8k2mq0ab')?.state === 'denied' ? true : undefined,
      );
      expect(memory.requests.get('8k2mq0ab')?.decisions[0]).toMatchObject({
        verdict: 'deny',
        reason: 'not before the freeze ends',
      });
    });

    it('shows the full diff in a modal', async () => {
      const ts = await postCard();
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.diff');
      const modal = await slack.control.untilModal('U0APPROVER');
      expect(JSON.stringify(modal.blocks)).toContain('auth.tokenAuth.enabled: false');
      await slack.control.closeView('U0APPROVER', modal.id);
    });

    it('lets only the asker withdraw', async () => {
      const ts = await postCard();
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.withdraw');
      await ephemeralWith('U0APPROVER', 'who asked, can withdraw this');
      await slack.control.click('U0ASKER', CHANNEL, ts, 'request.withdraw');
      await slack.control.until('the withdrawal', () =>
        memory.requests.get('8k2mq0ab')?.state === 'withdrawn' ? true : undefined,
      );
    });

    it('shows from the card of a set-up that is done how its cluster is now', async () => {
      const ts = await postCard(request('done', { startedAt: '2026-11-23T11:58:20.000Z' }));
      await slack.control.click('U0ASKER', CHANNEL, ts, 'request.status');
      await ephemeralWith('U0ASKER', 'Looking at prod-eu.');
      await ephemeralWith('U0ASKER', 'It does not answer.');
      expect(asked).toEqual([{ kind: 'status', cluster: 'prod-eu' }]);
    });

    it('keeps guests from asking for changes, and lets them look', async () => {
      await slack.control.runCommand('U0GUEST', 'C0OTHER', 'setup');
      await ephemeralWith('U0GUEST', 'Only full members');
      await slack.control.runCommand('U0GUEST', 'C0OTHER', 'status prod-eu');
      await ephemeralWith('U0GUEST', 'It does not answer.');
      expect(asked).toEqual([{ kind: 'status', cluster: 'prod-eu' }]);
    });

    it('asks for access by a form, with mistakes at their fields, and in one line', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'access admin 99h look around');
      const modal = await slack.control.untilModal('U0ASKER');
      expect(JSON.stringify(modal.blocks)).toContain('The longest is 8 h.');
      expect((await slack.control.submitView('U0ASKER', modal.id, { reason: ' ' })).errors).toHaveProperty(
        'reason',
      );
      await slack.control.clickInView('U0ASKER', modal.id, 'access.level', 'ns-admin', { level: 'ns-admin' });
      const other = await slack.control.until('the other level', () => {
        const view = slack.control.modals('U0ASKER').at(-1);
        return JSON.stringify(view).includes("K10's own namespace ·") ? view : undefined;
      });
      const entries = { level: 'ns-admin', reason: 'look around' };
      expect(await slack.control.submitView('U0ASKER', other.id, entries)).toEqual({
        outcome: 'acknowledged',
      });
      await ephemeralWith('U0ASKER', '*ns-admin* on prod-eu is in');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'access admin prod-us 90m for @bo Restore');
      await ephemeralWith('U0ASKER', '*admin* on prod-us is in');
      expect([...memory.requests.values()].map(({ cluster, spec }) => ({ cluster, ...spec }))).toEqual([
        {
          cluster: 'prod-eu',
          level: 'ns-admin',
          beneficiary: 'U0ASKER',
          durationMs: 3_600_000,
          reason: 'look around',
        },
        {
          cluster: 'prod-us',
          level: 'admin',
          beneficiary: 'U0APPROVER',
          durationMs: 5_400_000,
          reason: 'Restore',
        },
      ]);
    });

    it('refuses access for a guest, with the way out', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'access admin prod-eu 1h for @gil look around');
      expect((await ephemeralWith('U0ASKER', 'is a guest in Slack')).text).toContain('/kasten link');
      expect(memory.requests.size).toBe(0);
    });

    it('says before any form opens who may not ask, and whom to ask instead', async () => {
      restrict({ requesters: APPROVERS });
      const refusals = async () =>
        (await slack.control.ephemerals('U0ASKER')).filter(({ text }) =>
          text.includes('Ask members of @kasten-approvers instead. Nothing was asked for.'),
        );
      const before = (await refusals()).length;
      for (const [command, what] of [
        ['setup', 'a set-up'],
        ['setup all', 'a set-up'],
        ['teardown prod-eu', 'a tear-down'],
        ['rotate prod-eu', 'a rotation'],
        ['access', 'access as admin'],
        ['access ns-admin', 'access as ns-admin'],
        ['access admin prod-us 90m Restore', 'access as admin'],
      ] as const) {
        const seen = (await refusals()).length;
        await slack.control.runCommand('U0ASKER', CHANNEL, command);
        const told = await slack.control.until(
          `the refusal of ${command}`,
          async () => (await refusals())[seen],
        );
        expect(told.text).toContain(`You may not ask for ${what}.`);
      }
      memory.requests.set('8k2mq0ab', request('failed'));
      Object.assign(memory.world.grants, { find: async () => sampleGrant({ beneficiary: 'U0APPROVER' }) });
      for (const [button, what] of [
        ['setup.ask-again', 'a set-up'],
        ['grant.more', 'access as admin for another person'],
      ] as const) {
        const seen = (await refusals()).length;
        await slack.control.click(
          'U0ASKER',
          CHANNEL,
          (await postButton(CHANNEL, button, '8k2mq0ab')).ts,
          button,
        );
        const told = await slack.control.until(
          `the refusal of ${button}`,
          async () => (await refusals())[seen],
        );
        expect(told.text).toContain(`You may not ask for ${what}.`);
      }
      await slack.control.openHome('U0ASKER');
      await shows('Ask for access');
      await slack.control.clickAtHome('U0ASKER', 'access.ask');
      await slack.control.until('the refusal at home', async () =>
        (await slack.control.directMessages('U0ASKER')).find(({ text }) =>
          text.includes('You may not ask for access as admin.'),
        ),
      );
      expect((await refusals()).length).toBe(before + 9);
      expect(slack.control.modals('U0ASKER')).toEqual([]);
      expect(memory.requests.size).toBe(1);
      expect(memory.events.map(({ action, detail }) => `${action} ${detail?.['kind']}`)).toEqual([
        'click.refused setup',
        'click.refused setup',
        'click.refused teardown',
        'click.refused rotation',
        'click.refused access',
        'click.refused access',
        'click.refused access',
        'click.refused setup',
        'click.refused access',
        'click.refused access',
      ]);
    });

    it('refuses a form that a person may not send, whatever is in it', async () => {
      for (const [command, entries, what] of [
        ['setup prod-eu', {}, 'a set-up'],
        ['teardown prod-eu', {}, 'a tear-down'],
        ['access admin', { reason: 'look around' }, 'access as admin'],
        ['access admin', { reason: 'look around', beneficiary: 'U0APPROVER' }, 'access as admin for another'],
      ] as const) {
        restrict({});
        await slack.control.runCommand('U0ASKER', CHANNEL, command);
        const modal = await slack.control.untilModal('U0ASKER');
        restrict(what.includes('another') ? { onBehalf: APPROVERS } : { requesters: APPROVERS });
        await slack.control.submitView('U0ASKER', modal.id, entries);
        const closing = slack.control.modals('U0ASKER').at(-1);
        expect(JSON.stringify(closing?.blocks)).toContain(`You may not ask for ${what}`);
        await slack.control.closeView('U0ASKER', closing?.id ?? '');
      }
      expect(memory.requests.size).toBe(0);
    });

    it('asks for whom only where a person may ask for others, level by level', async () => {
      restrict({ onBehalf: APPROVERS }, 'admin');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'access admin');
      const own = await slack.control.untilModal('U0ASKER');
      expect(JSON.stringify(own.blocks)).not.toContain('For whom');
      await slack.control.clickInView('U0ASKER', own.id, 'access.level', 'ns-admin', { level: 'ns-admin' });
      await slack.control.until('the field', () =>
        JSON.stringify(slack.control.modals('U0ASKER').at(-1)).includes('For whom') ? true : undefined,
      );
      await slack.control.closeView('U0ASKER', slack.control.modals('U0ASKER').at(-1)?.id ?? '');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'access admin prod-eu 1h for @bo Restore');
      await ephemeralWith('U0ASKER', 'You may not ask for access as admin for another person.');
      const refusals = () =>
        memory.events.filter(({ action, detail }) => action === 'click.refused' && detail?.['onBehalf']);
      expect(refusals()).toHaveLength(1);
      Object.assign(memory.world.grants, { find: async () => sampleGrant({ beneficiary: 'U0APPROVER' }) });
      const { ts } = await postButton(CHANNEL, 'grant.more', '7kq2mx9d');
      await slack.control.click('U0ASKER', CHANNEL, ts, 'grant.more');
      await slack.control.until('the refusal', () => (refusals().length === 2 ? true : undefined));
      expect(slack.control.modals('U0ASKER')).toEqual([]);
      expect(memory.requests.size).toBe(0);
    });

    it('draws the home tab for members, and none for guests', async () => {
      await slack.control.openHome('U0ASKER');
      const home = await slack.control.untilHome('U0ASKER', 'the clusters', ({ blocks }) =>
        JSON.stringify(blocks).includes('It does not answer.'),
      );
      expect(JSON.stringify(home.blocks)).toContain('You have no access through Kastellan now.');
      await slack.control.clickAtHome('U0ASKER', 'access.ask');
      const modal = await slack.control.untilModal('U0ASKER');
      expect(JSON.stringify(modal.blocks)).toContain('Everything in K10');
      await slack.control.closeView('U0ASKER', modal.id);
      await slack.control.openHome('U0GUEST');
      const guest = await slack.control.untilHome('U0GUEST', 'the refusal', () => true);
      expect(JSON.stringify(guest.blocks)).toContain('full members');
    });

    it('draws a home that is open anew, once for many changes, also after Slack did not take one', async () => {
      const drawings = () =>
        slack.traffic.callsOf('views.publish').filter(({ body }) => body.includes('U0ASKER')).length;
      const closed = drawings();
      await slack.control.openHome('U0ASKER');
      // Once before the clusters were looked at, and once after it.
      await slack.control.until('the home', () => (drawings() === closed + 2 ? true : undefined));
      const before = drawings();
      memory.requests.set('8k2mq0ab', request('planning', { asker: 'U0ASKER' }));
      slack.control.faults.failNext('views.publish', { kind: 'error', error: 'internal_error' });
      for (let times = 0; times < 50; times += 1) changed('8k2mq0ab');
      await slack.control.until('the drawing that failed', () => (drawings() > before ? true : undefined));
      memory.requests.set('8k2mq0ab', request('failed', { asker: 'U0ASKER' }));
      for (let times = 0; times < 50; times += 1) changed('8k2mq0ab');
      await slack.control.untilHome('U0ASKER', 'the change', ({ blocks }) =>
        JSON.stringify(blocks).includes('stopped and waiting for somebody since'),
      );
      expect(drawings()).toBe(before + 2);
    });

    it('does nothing beyond the limit, by whatever door it comes, and says so once', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'setup prod-eu');
      const modal = await slack.control.untilModal('U0ASKER');
      const ts = await postCard();
      const stored = [...memory.requests.keys()];
      const taken: string[] = [];
      const limited = { by: 'person', retryAfterMs: 3_200 } as const;
      const take: Limits['take'] = async (_person, kind) => {
        taken.push(kind);
        return { ...limited, isRepeated: taken.length > 1 };
      };
      Object.assign(memory.world, { limits: { take } });
      const before = (await slack.control.ephemerals('U0ASKER')).length;
      const refused = () => memory.events.filter(({ action }) => action === 'slack.refused');

      await slack.control.runCommand('U0ASKER', CHANNEL, 'doctor');
      expect((await ephemeralWith('U0ASKER', 'You asked for more')).text).toContain(
        'This was not done. Try again in 4 s.',
      );
      await slack.control.runCommand('U0ASKER', CHANNEL, 'status');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'revoke <@U0OTHER|bo> gone');
      await slack.control.click('U0ASKER', CHANNEL, ts, 'request.approve');
      await slack.control.openHome('U0ASKER');
      await slack.control.clickInView('U0ASKER', modal.id, 'setup.advanced', null);
      const errors = await slack.control.submitView('U0ASKER', modal.id, { levels: ['admin'] });
      expect(JSON.stringify(errors)).toContain('Try again in 4 s.');
      await slack.control.closeView('U0ASKER', modal.id);
      await slack.control.until('all of them', () => (taken.length >= 7 ? taken : undefined));
      expect(taken.toSorted()).toEqual(['decision', 'decision', ...Array.from({ length: 5 }, () => 'other')]);
      expect(asked).toEqual([]);
      expect(memory.pressed).toEqual([]);
      expect([...memory.requests.keys()]).toEqual(stored);
      expect(refused()).toHaveLength(1);
      const told = (await slack.control.ephemerals('U0ASKER')).slice(before);
      expect(told.filter(({ text }) => text?.includes('You asked for more'))).toHaveLength(1);
    });

    it('lets pass what Redis does not count', async () => {
      Object.assign(memory.world, { limits: { take: redisIsAway } });
      await slack.control.runCommand('U0ASKER', CHANNEL, 'doctor');
      await slack.control.until('the question', () => (asked.length > 0 ? asked : undefined));
      expect(asked).toEqual([{ kind: 'doctor' }]);
    });

    it('says on the home tab what could not be looked at or read, and shows it when it can be', async () => {
      answering = false;
      await slack.control.openHome('U0ASKER');
      await shows('They could not be looked at: No worker answers. `/kasten status` tries again.');
      const { list } = memory.world.requests;
      Object.assign(memory.world.requests, { list: redisIsAway });
      await slack.control.openHome('U0ASKER');
      await shows('This cannot be shown now. Redis is away. Try again in a minute. Nothing was changed.');
      Object.assign(memory.world.requests, { list });
      answering = true;
      await slack.control.openHome('U0ASKER');
      await shows('It does not answer.');
    });

    it('says of a command that lacks something how it is written', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'revoke @bo');
      await ephemeralWith('U0ASKER', 'Like this: `/kasten revoke @person reason`');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'grants all');
      await ephemeralWith('U0ASKER', 'Only operators see');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'audit nowhere');
      await ephemeralWith('U0ASKER', 'Kastellan knows no cluster "nowhere"');
    });

    it('teaches', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, '');
      await ephemeralWith('U0ASKER', '/kasten setup` puts Entra sign-in');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'stauts');
      await ephemeralWith('U0ASKER', 'Did you mean `/kasten status`?');
      await slack.control.runCommand('U0ASKER', CHANNEL, 'setup nowhere');
      await ephemeralWith('U0ASKER', 'Kastellan knows no cluster "nowhere"');
    });

    it('verifies the audit log for operators only', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'audit verify');
      await ephemeralWith('U0ASKER', 'Only the operators');
      await slack.control.runCommand('U0APPROVER', CHANNEL, 'audit verify');
      await ephemeralWith('U0APPROVER', 'The audit log is intact');
    });

    it('tells what went wrong with a reference, privately', async () => {
      const ts = await postCard();
      memory.requests.clear();
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.approve');
      const told = await ephemeralWith('U0APPROVER', 'does not know this request any more');
      expect(told.text).toMatch(/Ask for it anew with \/kasten\. Reference [0-9a-z]{5}\./);
    });

    it('keeps a form as it is filled in where it could not be taken, so that it can be sent again', async () => {
      await slack.control.runCommand('U0ASKER', CHANNEL, 'access');
      const modal = await slack.control.untilModal('U0ASKER');
      const { create } = memory.world.requests;
      Object.assign(memory.world.requests, { create: redisIsAway });
      const entries = { reason: 'restore shop-db, which took long to write down' };
      const { errors = {} } = await slack.control.submitView('U0ASKER', modal.id, entries);
      expect(Object.entries(errors)).toEqual([
        [
          'cluster',
          expect.stringMatching(/^Redis is away\. Try again in a minute\. Reference [0-9a-z]{5}\.$/),
        ],
      ]);
      Object.assign(memory.world.requests, { create });
      expect(await slack.control.submitView('U0ASKER', modal.id, entries)).toEqual({
        outcome: 'acknowledged',
      });
      await ephemeralWith('U0ASKER', '*admin* on prod-eu is in');
    });

    it('gives back the reason of a decision that could not be taken', async () => {
      const ts = await postCard();
      await slack.control.click('U0APPROVER', CHANNEL, ts, 'request.deny');
      const modal = await slack.control.untilModal('U0APPROVER');
      Object.assign(memory.world.requests, { replace: redisIsAway });
      await slack.control.submitView('U0APPROVER', modal.id, { reason: 'not before the freeze ends' });
      const told = await ephemeralWith('U0APPROVER', 'Redis is away.');
      expect(told.text).toMatch(/Reference [0-9a-z]{5}\. You wrote: "not before the freeze ends"$/);
    });

    it('says what it is for where it is added to a channel', async () => {
      await slack.control.addToChannel('U0KASTELLAN', 'C0OTHER');
      const said = await slack.control.untilMessage('C0OTHER', 'the welcome', ({ text }) =>
        text.includes('Kastellan puts'),
      );
      expect(said.text).toContain('/kasten help');
    });

    it('checks its scopes and the approvals channel', async () => {
      const findings = await front.findings();
      expect(findings.filter(({ verdict }) => verdict !== 'good')).toEqual([]);
      expect(findings.map(({ subject }) => subject)).toContain('Slack scope usergroups:read');
    });

    if (mode === 'socket') {
      it('is back at once after Slack refreshes or cuts the connection', async () => {
        for (const cut of [
          () => slack.control.disconnectSockets('refresh_requested'),
          () => slack.control.dropSockets(),
        ]) {
          cut();
          await slack.control.until('a closed connection', () =>
            slack.control.connections === 0 ? true : undefined,
          );
          await slack.control.until('a new connection', () =>
            slack.control.connections === 1 && front.connected() ? true : undefined,
          );
        }
        await slack.control.runCommand('U0ASKER', CHANNEL, 'help more');
        await ephemeralWith('U0ASKER', 'each step, and is proved');
      });
    } else {
      it('tells nobody of another workspace which clusters there are', async () => {
        const { status, body } = await commandFrom('T0OTHER', 'status nowhere');
        expect([status, body]).toEqual([200, '']);
        await ephemeralWith('U0ASKER', 'answers people of its own workspace only');
        const own = await commandFrom('T0SANDBOX', 'status prod-eus');
        expect(JSON.parse(own.body).text).toBe(
          'Kastellan knows no cluster "prod-eus". Did you mean prod-eu? It keeps prod-eu and prod-us.',
        );
      });

      async function commandFrom(team: string, text: string): Promise<{ status: number; body: string }> {
        const body = new URLSearchParams({
          command: '/kasten',
          text,
          user_id: 'U0ASKER',
          team_id: team,
          channel_id: CHANNEL,
          trigger_id: `from-${team}`,
        }).toString();
        const answer = await fetch(`${front.address()}/slack/events`, {
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            ...signature(slack.signingSecret, body),
          },
          body,
        });
        return { status: answer.status, body: await answer.text() };
      }

      it('takes a signed request once, and none from the future or with a wrong signature', async () => {
        const body = new URLSearchParams({
          command: '/kasten',
          text: 'status prod-eu',
          user_id: 'U0ASKER',
          team_id: 'T0SANDBOX',
          channel_id: CHANNEL,
          trigger_id: 'one-click',
        }).toString();
        const send = async (headers: Record<string, string>) => {
          const type = { 'content-type': 'application/x-www-form-urlencoded' };
          const answer = await fetch(`${front.address()}/slack/events`, {
            method: 'POST',
            headers: { ...type, ...headers },
            body,
          });
          return answer.status;
        };
        const good = signature(slack.signingSecret, body);
        expect(await send(signature('another-secret', body))).toBe(401);
        expect(await send(signature(slack.signingSecret, body, Date.now() + 120_000))).toBe(401);
        expect(await send(signature(slack.signingSecret, body, Date.now() - 600_000))).toBe(401);
        expect(await send(good)).toBe(200);
        expect(await send(good)).toBe(401);
        // The same command signed anew is acknowledged, and nothing is done a second time.
        expect(await send(signature(slack.signingSecret, body, Date.now() - 2_000))).toBe(200);
        await ephemeralWith('U0ASKER', 'It does not answer.');
        expect(asked).toHaveLength(1);
        const refused = () => memory.events.filter(({ action }) => action === 'slack.refused');
        await slack.control.until('the refusals in the audit log', () => refused().length > 4 || undefined);
        expect(refused().map(({ actor, detail }) => `${actor}: ${detail?.['why']}`)).toEqual([
          "unknown: it is too old, or not signed with Slack's secret",
          'unknown: its timestamp lies in the future',
          "unknown: it is too old, or not signed with Slack's secret",
          'unknown: it was sent before',
          'U0ASKER: delivered-before',
        ]);
      });
    }

    const APPROVERS: Requesters = { userGroups: ['kasten-approvers'], users: [], entraGroups: [] };

    /** Restricts who may ask, of one level or of everything. */
    function restrict(rights: Pick<AccessRule, 'requesters' | 'onBehalf'>, only?: string): void {
      const accessLevels = RULES.accessLevels.map((level) =>
        only === undefined || level.name === only
          ? { ...level, access: { ...level.access, ...rights } }
          : level,
      );
      const setup = { ...RULES.approvals.setup, requesters: rights.requesters };
      Object.assign(memory.world, { rules: { ...RULES, accessLevels, approvals: { setup } } });
    }

    async function shows(words: string): Promise<void> {
      await slack.control.untilHome('U0ASKER', `"${words}"`, ({ blocks }) =>
        JSON.stringify(blocks).includes(words),
      );
    }

    async function ephemeral(after: number, user = 'U0ASKER'): Promise<SlackMessage> {
      return slack.control.until(
        'a private answer',
        async () => (await slack.control.ephemerals(user))[after],
      );
    }

    function ephemeralWith(user: string, words: string): Promise<SlackMessage> {
      return slack.control.until(`"${words}" for ${user}`, async () =>
        (await slack.control.ephemerals(user)).findLast(({ text }) => text.includes(words)),
      );
    }

    const waiting = () => {
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      return request('pending', { required: 1, plan: PLAN, expiresAt });
    };

    async function postButton(channel: string, action: string, value: string) {
      const text = { type: 'plain_text', text: 'Press me' };
      const elements = [{ type: 'button', action_id: action, text, value }];
      const answer = await fetch(`${slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
        body: JSON.stringify({ channel, text: 'Lunch?', blocks: [{ type: 'actions', elements }] }),
      });
      return (await answer.json()) as { channel: string; ts: string };
    }

    async function postCard(shown = waiting()): Promise<string> {
      memory.requests.set(shown.id, shown);
      const { requestCard } = await import('../../src/slack/requests/request-card.ts');
      const { text, blocks } = requestCard(
        {
          request: shown,
          journal: {},
          live: {},
          approvers: { userGroups: ['kasten-approvers'], users: [] },
        },
        new Date(),
      );
      const answer = await fetch(`${slack.apiUrl}chat.postMessage`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` },
        body: JSON.stringify({ channel: CHANNEL, text, blocks }),
      });
      return String(((await answer.json()) as { ts?: string }).ts);
    }
  });
}
