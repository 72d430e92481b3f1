import { describe, expect, it } from '@jest/globals';
import type { ModalView } from '@slack/web-api';
import fc from 'fast-check';
import { validateView } from '../../sandbox/slack/block-kit/validate.ts';
import type { Policy } from '../../src/domain/requests/rules.ts';
import { proposedInput } from '../../src/domain/setup/setup-input.ts';
import { accessModal, proposedAccess } from '../../src/slack/access/access-modal.ts';
import { reviewModal } from '../../src/slack/access/review-modal.ts';
import { withTrace } from '../../src/slack/modal-metadata.ts';
import { lessModal } from '../../src/slack/requests/less-modal.ts';
import { reasonModal } from '../../src/slack/requests/reason-form.ts';
import { wordsOf } from '../../src/slack/requests/request-words.ts';
import { setupModal } from '../../src/slack/setup/setup-modal.ts';
import { teardownModal } from '../../src/slack/teardown/teardown-modal.ts';
import { accessRequest, grant } from '../support/access-views.ts';
import { askable } from '../support/askable.ts';
import { PEOPLE } from '../support/card-views.ts';
import { ACCESS, RULES } from '../support/memory-world.ts';
import { EDGES, nasty } from '../support/nasty-text.ts';

const MINUTE = 60_000;
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const CHANNEL = 'C0123456789ABCDEF';

/** Rules with so many clusters, levels and durations, and this text wherever the configuration takes any. */
function rulesWith(text: string, many: number): Policy {
  const approvers = { userGroups: [text, 'S0KASTEN'], users: Array.from({ length: many }, () => text) };
  const choices = Array.from({ length: many }, (_, index) => (index + 1) * MINUTE);
  return {
    ...RULES,
    clusters: numbered('cluster', many).map((name) => ({
      name,
      namespace: 'kasten-io',
      release: 'k10',
      dashboardUrl: text,
    })),
    accessLevels: numbered('level', many).map((name) => ({
      name,
      description: text,
      roles: ['admin'],
      group: text,
      access: { ...ACCESS, approvers, choices, longest: many * MINUTE },
    })),
    setup: {
      ...RULES.setup,
      applicationName: text,
      signIn: { ...RULES.setup.signIn, groupPrefix: text, scopes: text, usernameClaim: text },
    },
  };
}

// As long as a name may be.
function numbered(what: string, many: number): string[] {
  return Array.from({ length: many }, (_, index) => `${what}-${index}`.padEnd(40, 'x'));
}

/** Every form there is, with this text wherever it comes from people, the configuration, Entra or a cluster. */
function formsWith(text: string, many: number): [name: string, view: ModalView][] {
  const rules = rulesWith(text, many);
  const clusters = rules.clusters.map(({ name }) => name);
  const last = clusters.at(-1) ?? '';
  const level = rules.accessLevels.at(-1)?.name ?? '';
  const meta = { id: '4t7wq0ab', planDigest: '3f2a91c0ffee', channel: CHANNEL, home: true };
  const days = { first: '2026-11-24', last: '2026-12-07' };
  const asked = accessRequest('pending', { cluster: text });
  const request = { ...asked, spec: { ...asked.spec, level, durationMs: (many + 1) * MINUTE, reason: text } };
  const origins = new Map(clusters.map((name) => [name, [text]]));
  const wish = { cluster: last, level, beneficiary: PEOPLE.asker, reason: text, durationMs: many * MINUTE };
  const access = proposedAccess(rules, PEOPLE.asker, wish);
  const { whyNot, subject } = wordsOf(request);
  return [
    ['access', accessModal(rules, access, { channel: CHANNEL, prolongs: '4t7wq0ab' }, askable(rules))],
    ['access with notices', accessModal(rules, access, {}, askable(rules), [`There is no cluster ${text}.`])],
    ['set-up of one', setupModal(rules, proposedInput(rules, [last], origins), { advanced: true })],
    ['set-up of all', setupModal(rules, proposedInput(rules, clusters, origins), { advanced: false })],
    ['tear-down', teardownModal(rules, last, CHANNEL)],
    ['less', lessModal(rules, request, meta)],
    ['deny', reasonModal({ callback: 'x', title: 'Deny', question: whyNot, meta })],
    ['review', reviewModal(grant({ level: text, cluster: text }), meta)],
    [
      'later',
      reasonModal({
        callback: 'x',
        title: 'Snooze',
        day: { label: `${subject}: not before`, lastDay: 'that is the day on which it ends' },
        question: 'Why can it wait?',
        meta: { id: meta.id, ...days, channel: CHANNEL },
      }),
    ],
  ];
}

function expectTaken(text: string, many: number): void {
  for (const [name, view] of formsWith(text, many)) {
    const private_metadata = withTrace(view.private_metadata, TRACE);
    expect([name, validateView({ ...view, private_metadata })]).toEqual([name, []]);
  }
}

describe('every form', () => {
  it('is one that Slack takes, whatever people, the configuration or Entra put into it', () => {
    fc.assert(fc.property(nasty, fc.integer({ min: 1, max: 120 }), expectTaken), { numRuns: 30 });
  });

  it.each([1, 2, 11])('is one that Slack takes with %d of each, blank or as long as Slack takes', (many) => {
    for (const text of EDGES) expectTaken(text, many);
  });

  it.each([44, 45, 99, 100, 101, 150])('is one that Slack takes with %d of each to choose from', (many) => {
    expectTaken('Restore shop-db', many);
  });
});

describe('a menu of more than Slack takes', () => {
  const rules = rulesWith('https://k10.example.com', 150);
  const last = rules.clusters.at(-1)?.name ?? '';

  it('still has what was named chosen', () => {
    const access = proposedAccess(rules, PEOPLE.asker, { cluster: last });
    const chosen = { text: { type: 'plain_text', text: last, emoji: false }, value: last };
    expect(elementIn(accessModal(rules, access, {}, askable(rules)), 'cluster')).toMatchObject({
      initial_option: chosen,
    });
    expect(elementIn(teardownModal(rules, last, undefined), 'cluster')).toMatchObject({
      initial_option: chosen,
    });
    const wish = proposedInput(rules, [last], new Map());
    expect(elementIn(setupModal(rules, wish, { advanced: false }), 'cluster')).toMatchObject({
      initial_options: [chosen],
    });
  });
});

function elementIn(view: ModalView, block: string): unknown {
  const found = view.blocks.find(({ block_id }) => block_id === block);
  return found !== undefined && 'element' in found ? found.element : undefined;
}
