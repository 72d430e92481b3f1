import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SlackMessage } from '../../sandbox/slack/emulator.ts';
import { type SlackSandbox, startSlack } from '../../sandbox/slack/start.ts';
import { createNotifier } from '../../src/adapters/slack/notifier.ts';
import { createPeople } from '../../src/adapters/slack/people.ts';
import { unwatched } from '../../src/adapters/unwatched.ts';
import { watchedSlackFetch } from '../../src/app/slack-fetch.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { MessageRecord, MessageRecords, Notifier, PressedMessage } from '../../src/ports/messenger.ts';
import type { Log } from '../../src/ports/telemetry.ts';
import { cardMessage } from '../../src/slack/card-message.ts';
import { personalMessage } from '../../src/slack/requests/personal.ts';
import { readValue } from '../../src/slack/requests/request-ids.ts';
import { record, request, view } from '../support/card-views.ts';
import { memoryReads, UNLIMITED } from '../support/memory-reads.ts';
import { workspace } from './sandbox-slack-world.ts';

const CHANNEL = 'C0OPS';
const AT = '2026-11-23T11:58:20.000Z';

describe('the one card of a request', () => {
  let slack: SlackSandbox;
  let records: MemoryRecords;
  let notifier: Notifier;
  let errors: string[];

  beforeEach(async () => {
    slack = await startSlack(workspace());
    records = memoryRecords();
    errors = [];
    notifier = newNotifier();
  });
  afterEach(() => slack.close());

  it('is posted once and edited in place, whoever shows it', async () => {
    const other = newNotifier();
    const planning = view(request('planning', { version: 1 }));
    await Promise.all([notifier.show(planning), other.show(planning)]);
    await drain(notifier, other);
    await Promise.all([notifier.show(view(request('pending', { version: 2 }))), other.show(planning)]);
    await drain(notifier, other);
    const cards = await slack.control.messages(CHANNEL);
    expect(cards.map(({ text }) => text.includes('Waits for 2 approvals'))).toEqual([true]);
    expect(records.cards.get('8k2mq0ab')?.shownVersion).toBe(2);
  });

  it('never goes back to an older state', async () => {
    await notifier.show(view(request('denied', { version: 3 })));
    await notifier.show(view(request('pending', { version: 2 })));
    await drain(notifier);
    await notifier.show(view(request('pending', { version: 2 })));
    await drain(notifier);
    expect((await onlyCard()).text).toContain('was denied');
  });

  it('draws frequent progress together and always ends with the last state', async () => {
    for (let at = 0; at < 50; at += 1) {
      const live = { release: `line ${at}` };
      await notifier.show(
        view(request('running', { version: 4, startedAt: AT }), {
          live,
          journal: { release: record('release', 'started') },
        }),
      );
    }
    await notifier.show(view(request('done', { version: 5, startedAt: AT, endedAt: AT })));
    await drain(notifier);
    expect((await onlyCard()).text).toContain('now signs in through Entra');
    expect(
      slack.traffic.callsOf('chat.update').length + slack.traffic.callsOf('chat.postMessage').length,
    ).toBeLessThan(5);
  });

  it('of a part stands in the thread of the card of all, once it does not move any more', async () => {
    await notifier.show(view(request('running', { version: 1, id: 'b4tch000' })));
    await drain(notifier);
    const part = { id: 'part0000', batch: 'b4tch000', startedAt: AT };
    await notifier.show(view(request('running', { ...part, version: 4 })));
    await drain(notifier);
    expect(await slack.control.messages(CHANNEL)).toHaveLength(1);
    await notifier.show(view(request('failed', { ...part, version: 5 })));
    await notifier.addDetail('part0000', 'each step');
    await drain(notifier);
    const [above, card, detail] = await slack.control.messages(CHANNEL);
    expect(card?.text).toContain('stopped');
    expect([card?.thread_ts, detail?.thread_ts]).toEqual([above?.ts, above?.ts]);
    await notifier.show(view(request('running', { ...part, version: 6 })));
    await drain(notifier);
    const [, again] = await slack.control.messages(CHANNEL);
    expect(again?.text).toContain('Setting up Kasten sign-in on prod-eu');
  });

  it('waits for no part that moves without a card of its own', async () => {
    const seldom = newNotifier(undefined, 3_600_000);
    await seldom.show(view(request('running', { version: 1, id: 'b4tch000' })));
    await drain(seldom);
    const part = request('running', { id: 'part0000', batch: 'b4tch000', startedAt: AT });
    for (const line of ['one', 'two', 'three']) {
      await seldom.show(view(part, { live: { release: line } }));
      await drain(seldom);
    }
    await seldom.show(view(request('running', { version: 1, id: 'b4tch000', startedAt: AT })));
    // The first report of progress in an hour need not wait.
    await slack.control.until('the progress of all', () => slack.traffic.callsOf('chat.update').at(0));
    await drain(seldom);
  });

  it('is known to all as not drawn yet, as long as Slack takes nothing', async () => {
    const other = newNotifier();
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    slack.control.faults.failNext('chat.update', { kind: 'silence' });
    await notifier.show(view(request('denied', { version: 2 })));
    await slack.control.until(
      'the edit without an answer',
      () => records.claims.has('8k2mq0ab') || undefined,
    );
    expect(await other.undrawn()).toEqual(['8k2mq0ab']);
    // The claim of a process that is gone ends by itself.
    records.claims.clear();
    await other.show(view(request('denied', { version: 2 })));
    await drain(other);
    expect((await onlyCard()).text).toContain('was denied');
    expect(await other.undrawn()).toEqual([]);
  });

  it('does not edit a card that shows all already', async () => {
    await notifier.show(view(request('pending')));
    await drain(notifier);
    await notifier.show(view(request('pending')));
    await drain(notifier);
    expect(slack.traffic.callsOf('chat.update')).toHaveLength(0);
  });

  it('waits as long as Slack asks for, and tells people meanwhile', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    slack.control.faults.failNext('chat.update', { kind: 'rate-limited', retryAfterSeconds: 4 }, 2);
    await notifier.show(view(request('denied', { version: 2 })));
    await notifier.tell('U0ASKER', 'denied-2', view(request('denied', { version: 2 })));
    await slack.control.until(
      'the direct message',
      async () => (await slack.control.directMessages('U0ASKER'))[0],
    );
    expect((await onlyCard()).text).toContain('Waits for');
    await drain(notifier);
    expect((await onlyCard()).text).toContain('was denied');
    const [first, , third] = slack.traffic.callsOf('chat.update');
    expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(8_000);
  });

  it('shows in one edit what is newest when its turn has come', async () => {
    const first = await behindAnother();
    await notifier.show(view(request('approved', { version: 2 })));
    await notifier.show(view(request('denied', { version: 3 })));
    await first.goesOn();
    const edits = slack.traffic.callsOf('chat.update').filter(({ body }) => body.includes('8k2mq0ab'));
    expect(edits).toHaveLength(1);
    expect((await cardOf('8k2mq0ab')).text).toContain('was denied');
  });

  it('is not covered by something older that another process meant to show before', async () => {
    const first = await behindAnother();
    await notifier.show(view(request('pending', { version: 2, reminders: 1 })));
    const other = newNotifier();
    await other.show(view(request('denied', { version: 3 })));
    await drain(other);
    await first.goesOn();
    expect((await cardOf('8k2mq0ab')).text).toContain('was denied');
    expect(records.cards.get('8k2mq0ab')?.shownVersion).toBe(3);
  });

  it('shows what comes while it is looked up what it shows now', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    const { find } = records;
    records.find = async (id) => {
      records.find = find;
      await notifier.show(view(request('denied', { version: 2 })));
      return find(id);
    };
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    expect((await onlyCard()).text).toContain('was denied');
  });

  it('is posted once by several processes, however long the others wait for their turn', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'rate-limited', retryAfterSeconds: 2 });
    await notifier.show(view(request('pending', { id: 'other000' })));
    await slack.control.until('the pause', () => slack.traffic.callsOf('chat.postMessage')[0]);
    await notifier.show(view(request('pending', { version: 1 })));
    // As after a minute.
    records.claims.clear();
    const other = newNotifier();
    await other.show(view(request('pending', { version: 1 })));
    await drain(notifier, other);
    const cards = await slack.control.messages(CHANNEL);
    expect(cards.filter((card) => JSON.stringify(card).includes('8k2mq0ab'))).toHaveLength(1);
  });

  it('gets there through failures of Slack and is not posted twice by them', async () => {
    const patient = newNotifier(answering('conversations.history', { ok: true, messages: [] }));
    slack.control.faults.failNext('chat.postMessage', { kind: 'status', status: 500 }, 2);
    await patient.show(view(request('pending', { version: 1 })));
    await drain(patient);
    slack.control.faults.failNext('chat.update', { kind: 'done-but-cut' });
    slack.control.faults.failNext('chat.update', { kind: 'error', error: 'internal_error' });
    await patient.show(view(request('denied', { version: 2 })));
    await drain(patient);
    expect((await onlyCard()).text).toContain('was denied');
  });

  it('keeps its claim while nobody can tell whether it was posted', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'done-but-cut' });
    const history = { ok: false, error: 'missing_scope' };
    const cautious = newNotifier(answering('conversations.history', history));
    await cautious.show(view(request('pending', { version: 1 })));
    await slack.control.until('the lost post', async () => (await slack.control.messages(CHANNEL))[0]);
    await cautious.drain(200);
    expect(await slack.control.messages(CHANNEL)).toHaveLength(1);
    expect(records.claims.has('8k2mq0ab')).toBe(true);
  });

  it.each(['done-but-cut', 'done-but-broken-off', 'done-but-a-page'] as const)(
    'finds a card again whose posting was %s',
    async (kind) => {
      slack.control.faults.failNext('chat.postMessage', { kind });
      const send = watchedSlackFetch(unwatched);
      const finding = newNotifier(async (url, init) => {
        if (!String(url).endsWith('conversations.history')) return send(String(url), init);
        return Response.json({ ok: true, messages: await slack.control.messages(CHANNEL) });
      });
      await finding.show(view(request('pending', { version: 1 })));
      await drain(finding);
      await finding.show(view(request('denied', { version: 2 })));
      await drain(finding);
      expect((await onlyCard()).text).toContain('was denied');
    },
  );

  it('is known by a click on it where the answer to posting it was lost', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'done-but-cut' });
    await notifier.show(view(request('pending', { version: 1 })));
    const lost = await slack.control.until('the lost post', () => firstCard());
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(lost))).toBeUndefined();
    await notifier.show(view(request('denied', { version: 2 })));
    await drain(notifier);
    const card = await onlyCard();
    expect(card.ts).toBe(lost.ts);
    expect(card.text).toContain('was denied');
  });

  it('is the only one again as soon as somebody clicks on another that was lost', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'done-but-cut' });
    await notifier.show(view(request('pending', { version: 1 })));
    const lost = await slack.control.until('the lost post', () => firstCard());
    // As after a minute.
    records.claims.clear();
    await drain(notifier);
    expect(await slack.control.messages(CHANNEL)).toHaveLength(2);
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(lost))).toBe('second-copy');
    await drain(notifier);
    expect((await onlyCard()).ts).toBe(records.cards.get('8k2mq0ab')?.ts);
    expect((await onlyCard()).ts).not.toBe(lost.ts);
  });

  it('is the only message whose buttons count', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    const card = await onlyCard();
    const doubt = (change: object) => notifier.checkCard('8k2mq0ab', { ...pressedOn(card), ...change });
    expect(await doubt({})).toBeUndefined();
    expect(await doubt({ ts: '1700000000.000100' })).toBe('another-message');
    expect(await doubt({ channel: 'D0SOMEBODY' })).toBe('another-message');
    // An earlier version drew buttons without a seal on the same card.
    expect(await doubt({ seal: undefined })).toBe('outdated');
    expect(await doubt({ seal: '0'.repeat(16) })).toBe('wrong-seal');
  });

  it('is not itself any more once another holder of the token has changed its text', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    const { ts, blocks = [] } = await onlyCard();
    const buttons = (blocks as { type: string }[]).filter(({ type }) => type === 'actions');
    const lunch = { type: 'section', text: { type: 'mrkdwn', text: 'Pizza for lunch?' } };
    await api('chat.update', { channel: CHANNEL, ts, text: 'Lunch', blocks: [lunch, ...buttons] });
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(await onlyCard()))).toBe('another-text');
  });

  it('counts a click that was on its way while the card was edited', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    const before = pressedOn(await onlyCard());
    await notifier.show(view(request('pending', { version: 2, required: 2 })));
    await drain(notifier);
    expect(await notifier.checkCard('8k2mq0ab', before)).toBeUndefined();
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(await onlyCard()))).toBeUndefined();
  });

  it('counts a click on what an edit shows whose answer was lost', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    slack.control.faults.failNext('chat.update', { kind: 'done-but-cut' });
    await notifier.show(view(request('pending', { version: 2, required: 2 })));
    const edited = await slack.control.until('the lost edit', async () => {
      const card = await onlyCard();
      return card.text.includes('2 approvals') ? card : undefined;
    });
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(edited))).toBeUndefined();
    await drain(notifier);
  });

  it('is drawn anew while it waits if an earlier version of Kastellan drew it, and counts from then on', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    const { seal: _seal, ...unsealed } = records.cards.get('8k2mq0ab') as MessageRecord;
    records.cards.set('8k2mq0ab', unsealed);
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(await onlyCard()))).toBe('outdated');
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    expect(await notifier.checkCard('8k2mq0ab', pressedOn(await onlyCard()))).toBeUndefined();
  });

  it('comes back where somebody has deleted it', async () => {
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    const { ts } = await onlyCard();
    await api('chat.delete', { channel: CHANNEL, ts });
    await notifier.show(view(request('denied', { version: 2 })));
    await drain(notifier);
    const card = await onlyCard();
    expect(card.text).toContain('was denied');
    expect(records.cards.get('8k2mq0ab')?.ts).toBe(card.ts);
  });

  it('comes back where somebody has deleted it while it waits to be decided on', async () => {
    await notifier.show(view(request('pending')));
    await drain(notifier);
    const { ts } = await onlyCard();
    await api('chat.delete', { channel: CHANNEL, ts });
    // As the sweep shows it: nothing about it is new.
    await notifier.show(view(request('pending')));
    await drain(notifier);
    expect(records.cards.get('8k2mq0ab')?.ts).toBe((await onlyCard()).ts);
  });

  it('is shown as text with its buttons where Slack refuses the blocks', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'error', error: 'invalid_blocks' });
    await notifier.show(view(request('pending')));
    await drain(notifier);
    const card = await onlyCard();
    expect(slack.control.actionsOf(card)).toContain('request.approve');
    expect(errors).toContain('Slack refused how a card is drawn');
  });

  it('says in the log what Slack will not take, and lets the rest go on', async () => {
    slack.control.faults.failNext('chat.postMessage', { kind: 'error', error: 'not_in_channel' });
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    expect(errors).toEqual(['Slack did not take a message']);
    await notifier.show(view(request('pending', { version: 1 })));
    await drain(notifier);
    expect((await onlyCard()).text).toContain('Waits for');
  });

  it('takes details into its thread, in their order', async () => {
    await notifier.addDetail('8k2mq0ab', 'first <!channel>');
    await notifier.addDetail('8k2mq0ab', 'second');
    await notifier.show(view(request('running', { startedAt: AT })));
    await drain(notifier);
    const [card, ...details] = await slack.control.messages(CHANNEL);
    expect(details.map(({ thread_ts }) => thread_ts)).toEqual([card?.ts, card?.ts]);
    expect(details.map(({ text }) => text)).toEqual(['first &lt;!channel&gt;', 'second']);
  });

  it('takes all of a very long detail, letter by letter', async () => {
    const long = Array.from({ length: 9_000 }, (_, line) => `${line} 🔑`).join('\n');
    await notifier.addDetail('8k2mq0ab', long);
    await notifier.show(view(request('running', { startedAt: AT })));
    await drain(notifier);
    const [, ...details] = await slack.control.messages(CHANNEL);
    const shown = details.flatMap(({ blocks }) =>
      (blocks as { text: { text: string } }[]).map(({ text }) => text.text),
    );
    expect(shown.join('') === long).toBe(true);
  });

  it('tells a person once about one topic, with a link to the card', async () => {
    const pending = view(request('pending'));
    await notifier.show(pending);
    await drain(notifier);
    await Promise.all([
      notifier.tell('U0ASKER', 'pending-3', pending),
      newNotifier().tell('U0ASKER', 'pending-3', pending),
    ]);
    await drain(notifier);
    const told = await slack.control.directMessages('U0ASKER');
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told[0]?.blocks)).toContain('/archives/C0OPS/');
  });

  function newNotifier(fetchWith?: typeof fetch, minIntervalMs = 50): Notifier {
    const log: Log = {
      info: () => undefined,
      warn: () => undefined,
      error: (_fields, message) => void errors.push(message),
    };
    return createNotifier({
      token: new Secret(slack.botToken),
      apiUrl: slack.apiUrl,
      log,
      records,
      channels: { approvals: CHANNEL, notifications: CHANNEL },
      render: cardMessage,
      renderPersonal: personalMessage,
      personalSeals: { make: async () => '0123456789abcdef' },
      minIntervalMs,
      firstPauseMs: 20,
      ...(fetchWith !== undefined && { fetch: fetchWith }),
    });
  }

  /** A card that is there, whose next edit comes after that of another one, for which Slack has asked to wait. */
  async function behindAnother(): Promise<{ goesOn(): Promise<void> }> {
    await notifier.show(view(request('pending', { version: 1 })));
    await notifier.show(view(request('pending', { version: 1, id: 'other000' })));
    await drain(notifier);
    slack.control.faults.failNext('chat.update', { kind: 'rate-limited', retryAfterSeconds: 2 });
    await notifier.show(view(request('denied', { version: 2, id: 'other000' })));
    await slack.control.until('the pause', () => slack.traffic.callsOf('chat.update')[0]);
    return { goesOn: () => drain(notifier) };
  }

  async function cardOf(id: string): Promise<SlackMessage> {
    const cards = await slack.control.messages(CHANNEL);
    const found = cards.find((card) => JSON.stringify(card).includes(id));
    if (found === undefined) throw new Error(`There is no card ${id}`);
    return found;
  }

  async function firstCard(): Promise<SlackMessage | undefined> {
    return (await slack.control.messages(CHANNEL))[0];
  }

  async function onlyCard(): Promise<SlackMessage> {
    const cards = await slack.control.messages(CHANNEL);
    expect(cards).toHaveLength(1);
    return cards[0] as SlackMessage;
  }

  async function api(method: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${slack.botToken}` };
    await fetch(`${slack.apiUrl}${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
});

describe('people in Slack', () => {
  let slack: SlackSandbox;

  beforeEach(async () => {
    slack = await startSlack(workspace());
  });
  afterEach(() => slack.close());

  it('are members, guests or gone, as Slack says now', async () => {
    const people = newPeople();
    expect(await people.find('U0ASKER')).toEqual({
      id: 'U0ASKER',
      name: 'ada',
      email: 'ada@example.com',
      emailConfirmed: true,
      kind: 'member',
    });
    expect((await people.find('U0GUEST'))?.kind).toBe('guest');
    expect((await people.find('U0GONE'))?.kind).toBe('deleted');
    expect((await people.find('U0KASTELLAN'))?.kind).toBe('bot');
    expect(await people.find('U0NOBODY')).toBeUndefined();
  });

  it('in a group are read live, and a burst of clicks shares one call', async () => {
    let now = 1_000_000;
    const people = newPeople(() => now);
    const burst = await Promise.all(Array.from({ length: 30 }, () => people.membersOf('kasten-approvers')));
    expect(burst[29]).toEqual(['U0APPROVER']);
    expect(slack.traffic.callsOf('usergroups.users.list')).toHaveLength(1);
    slack.control.setUserGroup('kasten-approvers', ['U0ASKER']);
    now += 3_001;
    expect(await people.membersOf('@kasten-approvers')).toEqual(['U0ASKER']);
    expect(await people.membersOf('S0APPROVERS')).toEqual(['U0ASKER']);
    expect(slack.traffic.callsOf('usergroups.list')).toHaveLength(1);
  });

  it('in a group that is not there, or that the plan does not have, are nobody', async () => {
    const people = newPeople();
    expect(await people.membersOf('nobody-here')).toEqual([]);
    slack.control.faults.failNext('usergroups.users.list', { kind: 'error', error: 'plan_upgrade_required' });
    expect(await people.membersOf('kasten-approvers')).toEqual([]);
  });

  it('cannot be read while Slack is away, and that is not remembered', async () => {
    const people = newPeople();
    slack.control.faults.failNext('users.info', { kind: 'status', status: 503 });
    await expect(people.find('U0ASKER')).rejects.toMatchObject({ code: 'slack.unreachable' });
    expect((await people.find('U0ASKER'))?.kind).toBe('member');
    slack.control.faults.failNext('usergroups.users.list', { kind: 'error', error: 'missing_scope' });
    await expect(people.membersOf('S0APPROVERS')).rejects.toMatchObject({ code: 'slack.scope-missing' });
  });

  it('are not read by any process for as long as Slack asks', async () => {
    const pauses: unknown[] = [];
    const people = newPeople(undefined, {
      ...UNLIMITED,
      pause: async (method, _bucket, ms) => void pauses.push([method, ms]),
    });
    slack.control.faults.failNext('users.info', { kind: 'rate-limited', retryAfterSeconds: 30 });
    await expect(people.find('U0ASKER')).rejects.toMatchObject({ code: 'slack.rate-limited' });
    expect(pauses).toEqual([['users.info', 30_000]]);
  });

  function newPeople(now?: () => number, budgets = UNLIMITED) {
    const log: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    return createPeople({
      token: new Secret(slack.botToken),
      apiUrl: slack.apiUrl,
      budgets,
      reads: memoryReads(),
      log,
      ...(now !== undefined && { now }),
    }).people;
  }
});

async function drain(...notifiers: Notifier[]): Promise<void> {
  await Promise.all(notifiers.map((notifier) => notifier.drain(15_000)));
}

/** A click on the approve button of a message, as the front reads it. */
function pressedOn(card: SlackMessage): PressedMessage {
  const value = /"(8k2mq0ab:[^"]*)"/.exec(JSON.stringify(card.blocks))?.[1] ?? '';
  return { channel: card.channel, ts: card.ts, seal: readValue(value)?.seal, content: card };
}

function answering(method: string, body: object): typeof fetch {
  return async (url, init) => (String(url).endsWith(method) ? Response.json(body) : fetch(url, init));
}

interface MemoryRecords extends MessageRecords {
  readonly cards: Map<string, MessageRecord>;
  readonly claims: Set<string>;
}

function memoryRecords(): MemoryRecords {
  const cards = new Map<string, MessageRecord>();
  const claims = new Set<string>();
  const told = new Set<string>();
  const telling = new Set<string>();
  const wanted = new Map<string, number>();
  const add = (set: Set<string>, entry: string): boolean => !set.has(entry) && set.add(entry) !== undefined;
  const seals = new Map<
    string,
    { seal: string; unconfirmedPosts: number; contents: string[]; known: boolean }
  >();
  return {
    cards,
    claims,
    async beginSending(id, how) {
      const before = seals.get(id) ?? {
        seal: 'a1'.repeat(8),
        unconfirmedPosts: 0,
        contents: [],
        known: false,
      };
      const unconfirmedPosts = before.unconfirmedPosts + (how === 'post' ? 1 : 0);
      seals.set(id, { ...before, unconfirmedPosts, known: false });
      return before.seal;
    },
    async endSending(id, how, content) {
      const seal = seals.get(id);
      if (seal === undefined) return;
      if (how === 'post') seal.unconfirmedPosts -= 1;
      if (content === undefined) return;
      seal.contents.push(content);
      seal.known = true;
    },
    async findSeal(id) {
      const found = seals.get(id);
      return found && { ...found, contents: found.known ? found.contents : undefined };
    },
    find: async (id) => cards.get(id),
    async save(id, card) {
      cards.set(id, card);
      claims.delete(id);
      if ((wanted.get(id) ?? 0) <= card.shownVersion) wanted.delete(id);
    },
    async want(id, version) {
      if ((cards.get(id)?.shownVersion ?? 0) < version)
        wanted.set(id, Math.max(version, wanted.get(id) ?? 0));
    },
    wanted: async () => [...wanted.keys()],
    unwant: async (id) => void wanted.delete(id),
    claim: async (id) => add(claims, id),
    unclaim: async (id) => void claims.delete(id),
    beginTelling: async (notice) => {
      const text = JSON.stringify(notice);
      return !told.has(text) && add(telling, text);
    },
    markTold: async (notice) => {
      told.add(JSON.stringify(notice));
      telling.delete(JSON.stringify(notice));
    },
    failTelling: async (notice) => void telling.delete(JSON.stringify(notice)),
    untold: async () => [],
    forgetNotice: async () => undefined,
  };
}
