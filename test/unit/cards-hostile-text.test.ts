import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { validateMessage, validateView } from '../../sandbox/slack/block-kit/validate.ts';
import { detailMessages } from '../../src/adapters/slack/detail-messages.ts';
import type { RequestState } from '../../src/domain/requests/request.ts';
import { auditMessage } from '../../src/slack/audit/verify-message.ts';
import { escapeCode, escapeMarkup, escapeTyped } from '../../src/slack/blocks/escape.ts';
import { fullDiff, fullDiffs } from '../../src/slack/requests/full-diff.ts';
import { personalMessage } from '../../src/slack/requests/personal.ts';
import { requestCard } from '../../src/slack/requests/request-card.ts';
import { adminsMessage } from '../../src/slack/status/admins-message.ts';
import { doctorMessage, statusMessage } from '../../src/slack/status/report-cards.ts';
import { unknownClusterMessage, unknownCommandMessage } from '../../src/slack/teaching.ts';
import { hostileBatch, hostileView, PEOPLE, STATES } from '../support/card-views.ts';
import { BLANK, EDGES, nasty } from '../support/nasty-text.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const state = fc.constantFrom<RequestState>(...STATES);

describe('text that people typed', () => {
  it('can neither mention, link nor format anywhere in markup', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = escapeTyped(text);
        expect(shown).not.toMatch(/[<>`\n\r]/);
        expect(shown).not.toMatch(/&(?!(amp|lt|gt);)/);
        expect(shown).not.toMatch(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])/u);
        expect(shown).not.toMatch(/[@#][\p{L}\p{N}_]/u);
        expect(shown).not.toMatch(/:\/\/|[\p{L}\p{N}]\.\p{L}|:[\w+-]+:/u);
        expect(shown).not.toMatch(/^&gt;/);
      }),
    );
  });

  it('stays readable where it is harmless', () => {
    expect(escapeTyped('Kasten Users (prod_eu) & friends')).toBe('Kasten Users (prod_eu) &amp; friends');
    expect(escapeMarkup('Open https://portal.azure.com and choose Grant')).toBe(
      'Open https://portal.azure.com and choose Grant',
    );
    expect(escapeTyped('x'.repeat(400))).toHaveLength(300);
  });

  it('cannot end a code block', () => {
    fc.assert(fc.property(nasty, (text) => void expect(escapeCode(text)).not.toMatch(/[`<>]/)));
  });
});

describe('every card', () => {
  it('stays within what Slack takes and says only what Kastellan wrote, whatever a request holds', () => {
    fc.assert(
      fc.property(nasty, state, fc.integer({ min: 0, max: 120 }), (text, current, size) => {
        const view = hostileView(current, text, size);
        const together = hostileBatch(current, text, size);
        const messages = [
          requestCard(view, NOW),
          requestCard(together, NOW),
          personalMessage(together, { topic: 'x', to: PEOPLE.asker }),
          personalMessage(view, {
            topic: 'x',
            to: PEOPLE.asker,
            cardLink: 'https://sandbox.slack.example/p1',
          }),
          personalMessage(view, { topic: 'x', to: PEOPLE.approver }),
          ...detailMessages(text),
          unknownCommandMessage(text, 'status'),
          unknownClusterMessage(text, [text], text),
        ];
        for (const shown of messages) {
          expect(validateMessage(shown)).toEqual([]);
          expect(shown.text.trim()).not.toBe('');
          expect(shown.text.length).toBeLessThanOrEqual(4_000);
          expectOwnMarkup(shown);
        }
        expect(validateView(fullDiff(view.request))).toEqual([]);
        const plans = (together.parts ?? []).map((part) => part.request);
        expect(validateView(fullDiffs(together.request, plans))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it.each(STATES)(
    'can be sent when it is %s, where a request holds texts with nothing to read',
    (current) => {
      for (const text of BLANK) {
        for (const size of [0, 1, 3]) {
          for (const asked of [hostileView(current, text, size), hostileBatch(current, text, size)]) {
            expect(validateMessage(requestCard(asked, NOW))).toEqual([]);
            expect(validateMessage(personalMessage(asked, { topic: 'x', to: PEOPLE.asker }))).toEqual([]);
          }
        }
      }
    },
  );

  it.each(STATES)('can be sent when it is %s, where texts are as long as Slack takes', (current) => {
    for (const text of EDGES) {
      const asked = hostileView(current, text, 1);
      expect(validateMessage(requestCard(asked, NOW))).toEqual([]);
      expect(validateMessage(personalMessage(asked, { topic: 'x', to: PEOPLE.asker }))).toEqual([]);
      expect(validateView(fullDiff(asked.request))).toEqual([]);
    }
  });

  it('can be told in details, blank or as long as Slack takes', () => {
    for (const text of EDGES)
      for (const shown of detailMessages(text)) expect(validateMessage(shown)).toEqual([]);
  });

  it('keeps reports within what Slack takes', () => {
    fc.assert(
      fc.property(nasty, fc.integer({ min: 1, max: 80 }), (text, size) => {
        const drift = hostileView('pending', text, size).request.plan ?? { changes: [], notes: [] };
        const paths = Array.from({ length: size }, (_, index) => ({
          id: index.toString(16).padStart(12, '0'),
          who: text,
          via: text,
          everybody: true,
          removal: { words: text, command: text },
        }));
        // The configuration takes no longer name, and no empty one.
        const cluster = text.slice(0, 40).toWellFormed() || 'prod-eu';
        const observed = {
          cluster,
          observed: true as const,
          setUp: true,
          signsInThroughEntra: false,
          dashboard: text,
          chart: text,
          chartVersion: text,
          revision: 7,
          keptBy: text,
          levels: Array.from({ length: 10 }, () => ({
            level: text,
            group: { name: text, objectId: text, members: 2, sharedWith: [{ cluster: text, level: text }] },
            bindings: [{ role: text, bound: true }],
          })),
          secret: { hint: text, endsAt: '2027-05-22T00:00:00Z' },
          drift,
          otherAdmins: { open: paths, accepted: size, unseen: [text] },
          requests: [{ id: text, state: 'pending' as const, asker: PEOPLE.asker }],
        };
        const group = { people: [{ name: text, disabled: true, how: 'unaccounted' as const }], more: size };
        const admins = {
          cluster,
          levels: Array.from({ length: size }, () => ({ level: text, group: text, roles: [text], ...group })),
          others: [
            ...paths.map((path) => ({ ...path, members: group })),
            ...paths.map((path) => ({ ...path, accepted: { by: PEOPLE.asker, at: '2026-11-24T09:00:00Z' } })),
          ],
          own: { k10: size, cluster: size, kastellan: size },
          unseen: [text],
        };
        const away = { cluster: text, observed: false as const, problem: text, hint: text, requests: [] };
        const findings = Array.from({ length: size }, () => ({
          subject: text,
          verdict: 'bad' as const,
          detail: text,
          fix: text,
        }));
        const shown = [
          statusMessage([observed]),
          statusMessage([away]),
          adminsMessage(admins),
          statusMessage(Array.from({ length: size }, (_, index) => (index % 2 === 0 ? observed : away))),
          doctorMessage({ sections: Array.from({ length: size }, () => ({ title: text, findings })) }),
          auditMessage({
            intact: false,
            sequence: 3,
            problem: text,
            anchors: [{ by: text, unread: text }],
          }),
        ];
        for (const message of shown) {
          expect(validateMessage(message)).toEqual([]);
          expectOwnMarkup(message);
        }
      }),
      { numRuns: 20 },
    );
  });
});

const OWN = /^<(@U0ASKER|@U0APPROVER|!subteam\^S0KASTEN|!date\^\d+\^[{}a-z_ ]+\|[\d :UTC-]+)>$/;

function expectOwnMarkup(message: { text: string; blocks: unknown[] }): void {
  const texts = [message.text];
  JSON.stringify(message.blocks, (_key, value) => {
    if (typeof value === 'object' && value !== null && value.type === 'mrkdwn') {
      expect(value.verbatim).toBe(true);
      texts.push(value.text);
    }
    return value;
  });
  for (const text of texts) {
    for (const found of text.match(/<[^>]*>?/g) ?? []) expect(found).toMatch(OWN);
  }
}
