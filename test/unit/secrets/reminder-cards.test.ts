import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { validateMessage, validateView } from '../../../sandbox/slack/block-kit/validate.ts';
import {
  closed,
  type Reminder,
  remindedOf,
  reopened,
  snoozed,
} from '../../../src/domain/secrets/reminder.ts';
import type { ReminderView } from '../../../src/ports/messenger.ts';
import type { SlackMessage } from '../../../src/slack/blocks/blocks.ts';
import { readReason, reasonModal } from '../../../src/slack/requests/reason-form.ts';
import { aboutReminder, reminderCard } from '../../../src/slack/secrets/reminder-card.ts';
import { EDGES, nasty } from '../../support/nasty-text.ts';

const ENDS = '2026-12-07T09:00:00Z';
const AT = '2026-11-23T10:00:00Z';

const REMINDER: Reminder = remindedOf(
  undefined,
  {
    id: '0f3a9c21d77e',
    application: { objectId: 'o', clientId: 'c', name: 'kasten-service' },
    purpose: { of: 'cluster', cluster: 'prod-eu' },
    credential: {
      keyId: 'k',
      kind: 'secret',
      name: 'kasten/prod-eu/8k2mq0ab',
      hint: 'abc',
      startsAt: '2026-06-10T09:00:00Z',
      endsAt: ENDS,
    },
    owners: [{ slackUserId: 'U0ASKER' }, { name: 'Olga' }],
  },
  14,
  AT,
);

function view(reminder: Reminder, change: Partial<ReminderView> = {}): ReminderView {
  const [newest] = reminder.cards.slice(-1);
  if (newest === undefined) throw new Error('a reminder without a card');
  return {
    reminder,
    card: newest,
    now: new Date(AT),
    timeZone: 'UTC',
    portalPage: 'https://entra.microsoft.com/#view/x',
    canSnooze: true,
    ...change,
  };
}

function buttons({ blocks }: SlackMessage): string[] {
  return blocks.flatMap((block) =>
    block.type === 'actions'
      ? block.elements.map((one) => ('text' in one && one.text ? one.text.text : ''))
      : [],
  );
}

describe('the card of a reminder', () => {
  it('makes sense from its text alone', () => {
    expect(reminderCard(view(REMINDER)).text).toBe(
      'The client secret of kasten-service (prod-eu) ends in 14 days, <!date^1796634000^{date_short_pretty} {time}|2026-12-07 09:00 UTC>. ' +
        'After that nobody can sign in to Kasten on prod-eu. Secret `abc...`, kasten/prod-eu/8k2mq0ab, made ' +
        '<!date^1781082000^{date_short_pretty}|2026-06-10>, Owners: <@U0ASKER> and Olga.',
    );
    expect(buttons(reminderCard(view(REMINDER)))).toEqual(['Rotate now', 'Snooze...', 'Open in Entra']);
  });

  it.each([
    ['2026-12-05T23:00:00Z', 'ends in 2 days'],
    ['2026-12-06T00:00:00Z', 'ends tomorrow'],
    ['2026-12-07T08:00:00Z', 'ends today'],
    ['2026-12-07T10:00:00Z', 'ended today'],
    ['2026-12-08T08:00:00Z', 'ended yesterday'],
    ['2026-12-10T08:00:00Z', 'ended 3 days ago'],
  ])('says at %s that it %s', (now, words) => {
    expect(reminderCard(view(REMINDER, { now: new Date(now) })).text).toContain(words);
  });

  it('says of an application whose owner nobody knows that nobody owns it', () => {
    expect(reminderCard(view({ ...REMINDER, owners: [] })).text).toContain('nobody owns it in Entra');
  });

  it('names a newer secret beside it, where nobody can tell which is in use', () => {
    const successor = { hint: 'xyz', endsAt: '2027-06-05T09:00:00Z' };
    const card = reminderCard(view({ ...REMINDER, purpose: { of: 'other' }, successor }));
    expect(card.text).toContain('A newer one is there: Secret `xyz...`');
    expect(buttons(card)).toEqual(['Snooze...', 'Open in Entra']);
  });

  it('shows of a certificate as much of its thumbprint as tells it from others', () => {
    const credential = { ...REMINDER.credential, kind: 'certificate' as const, hint: 'A1B2C3D4E5F60718' };
    expect(reminderCard(view({ ...REMINDER, credential })).text).toContain('Certificate `A1B2C3D4`');
  });

  it('has no buttons once it was replaced, and once a newer card came', () => {
    const over = closed(REMINDER, {
      at: AT,
      how: 'replaced',
      successor: { hint: 'xyz', endsAt: '2027-06-05T09:00:00Z' },
      by: { requestId: '7kq2mx9d', person: 'U0APPROVER' },
    });
    const card = reminderCard(view(over));
    expect(card.text).toContain('request 7kq2mx9d by <@U0APPROVER>, the new one `xyz...` ends');
    expect(buttons(card)).toEqual([]);
    const next = remindedOf(REMINDER, REMINDER, 7, AT);
    const [first] = next.cards;
    expect(buttons(reminderCard(view(next, first && { card: first })))).toEqual([]);
    expect(buttons(reminderCard(view(next)))).toHaveLength(3);
  });

  it('says of a secret that somebody replaced themselves that it was by hand', () => {
    expect(reminderCard(view(closed(REMINDER, { at: AT, how: 'replaced' }))).text).toContain('by hand');
  });
});

describe('a reminder', () => {
  it('changes the version of its newest card only, and of the one that a newer one replaces', () => {
    const second = remindedOf(REMINDER, REMINDER, 7, AT);
    expect(second.cards).toEqual([
      { days: 14, version: 2 },
      { days: 7, version: 2 },
    ]);
    const put = snoozed(second, { until: '2026-12-04', reason: 'freeze', by: 'U0ASKER', at: AT });
    expect(put.cards.map(({ version }) => version)).toEqual([2, 3]);
    expect(remindedOf(put, put, 3, AT).snooze).toBeUndefined();
    const again = reopened(closed(put, { at: AT, how: 'unused' }), AT);
    expect(again.closed).toBeUndefined();
    expect(again.cards.map(({ version }) => version)).toEqual([2, 5]);
  });
});

describe('the form behind Snooze', () => {
  const days = { first: '2026-11-24', last: '2026-12-07' };

  it('takes a day from tomorrow to the end, and a reason', () => {
    const entered = (selected_date: string | null, value: string | null) =>
      readReason({ until: { date: { selected_date } }, reason: { text: { value } } }, days);
    expect(entered('2026-12-07', ' freeze ')).toEqual({ until: '2026-12-07', reason: 'freeze' });
    expect(entered('2026-12-08', 'freeze')).toEqual({
      errors: { until: 'Choose a day from 2026-11-24 to 2026-12-07.' },
    });
    expect(entered('2026-11-23', null)).toEqual({
      errors: { until: expect.anything(), reason: expect.anything() },
    });
    expect(entered(null, 'freeze')).toEqual({ errors: { until: expect.anything() } });
  });

  it('is one that Slack takes, whatever the application is called', () => {
    const words = { callback: 'reminder.snooze', title: 'Snooze', question: 'Why?' };
    const day = { label: 'x'.repeat(900), lastDay: 'it ends' };
    const view = reasonModal({ ...words, day, meta: { id: '0f3a9c21d77e', ...days } });
    expect(validateView(view)).toEqual([]);
  });
});

function markupOf({ text, blocks }: SlackMessage): string {
  const found = [text];
  JSON.stringify(blocks, (_key, value: unknown) => {
    const part = value as { type?: unknown; text?: unknown } | null;
    if (part?.type === 'mrkdwn') found.push(String(part.text));
    return value;
  });
  return found.join('\n');
}

describe('whatever stands in Entra', () => {
  it('is shown as text, and Slack takes the card', () => {
    fc.assert(fc.property(nasty, nasty, nasty, fc.integer({ min: -40, max: 40 }), expectShownAsText), {
      numRuns: 60,
    });
  });

  it.each([-40, -1, 0, 1, 40])(
    'can be shown %d days after the end, blank or as long as Slack takes',
    (days) => {
      for (const text of EDGES) expectShownAsText(text, text, text, days);
    },
  );
});

function expectShownAsText(name: string, hint: string, reason: string, days: number): void {
  const base: Reminder = {
    ...REMINDER,
    application: { ...REMINDER.application, name },
    purpose: { of: 'cluster', cluster: name },
    credential: { ...REMINDER.credential, name, hint },
    owners: [{ name }, { slackUserId: name }],
    successor: { hint, endsAt: ENDS },
  };
  const put = snoozed(base, { until: '2026-12-04', reason, by: name, at: AT });
  const now = new Date(Date.parse(ENDS) + days * 86_400_000);
  const over = closed(put, {
    at: AT,
    how: 'replaced',
    successor: { hint, endsAt: ENDS },
    by: { requestId: name, person: name },
  });
  for (const message of [
    reminderCard(view(put, { now })),
    reminderCard(view(over, { now })),
    reminderCard(view(remindedOf(put, put, 3, AT), { card: { days: 14, version: 1 } })),
    aboutReminder(view(put, { now }), { cardLink: 'https://slack.example/x' }),
  ]) {
    expect(validateMessage(message)).toEqual([]);
    expect(message.text.trim()).not.toBe('');
    expect(markupOf(message)).not.toMatch(/<!channel>|<!here>|<@U0EVIL>|https:\/\/evil/);
  }
}
