import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDashboardUrl } from '../../src/domain/setup/dashboard-url.ts';
import { readSetupForm, type SetupForm } from '../../src/domain/setup/setup-form.ts';
import { readSetupInput } from '../../src/domain/setup/setup-input.ts';
import { editDistance, nearestOf, parseCommand } from '../../src/slack/commands.ts';
import { readReason, readReasonMeta } from '../../src/slack/requests/reason-form.ts';
import { decisionValue, readValue } from '../../src/slack/requests/request-ids.ts';
import { problemsAtFields, readForm, readMeta } from '../../src/slack/setup/setup-modal.ts';
import { houseRules, setupForm } from '../support/setup-samples.ts';

const RULES = houseRules();
const KNOWN = { clusters: ['prod-eu', 'prod-us'], levels: ['admin', 'ns-admin'] };
const KINDS = [
  ...['setup', 'status', 'help', 'doctor', 'audit-verify', 'unknown', 'incomplete'],
  ...['access', 'grants', 'revoke', 'break-glass', 'link', 'audit-of'],
];

/** Names that mean something to JavaScript itself. */
const treacherous = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf');
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), treacherous);
const field = fc.oneof(
  fc.constantFrom('cluster', 'levels', 'addMe', 'dashboardUrl', 'prompt', 'group:admin', 'members:admin'),
  text,
);
const chosen = fc.record(
  { value: fc.oneof(text, fc.constantFrom('admin', 'prod-eu')) },
  { requiredKeys: [] },
);
const element = fc.oneof(
  fc.record(
    {
      value: fc.option(text),
      selected_option: fc.option(chosen),
      selected_options: fc.option(fc.array(chosen)),
      selected_users: fc.option(fc.array(text)),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const state = fc.dictionary(field, fc.dictionary(fc.oneof(text, fc.constant('text:prod-eu')), element));

describe('whatever comes from Slack', () => {
  it('is read as a command or as an unknown one, however odd the text', () => {
    fc.assert(
      fc.property(text, (typed) => {
        expect(KINDS).toContain(parseCommand(typed).kind);
      }),
    );
    const first = fc.constantFrom('access', 'grants', 'revoke', 'break-glass', 'link', 'audit');
    const word = fc.oneof(
      text,
      fc.constantFrom('admin', 'prod-eu', '2h', '30', 'min', 'for', '<@U0BEN|ben>'),
    );
    fc.assert(
      fc.property(first, fc.array(word), (command, words) => {
        expect(KINDS).toContain(parseCommand([command, ...words].join(' '), KNOWN).kind);
      }),
    );
  });

  it('names a person only where Slack named one', () => {
    fc.assert(
      fc.property(fc.constantFrom('revoke', 'link', 'audit', 'access'), text, (command, typed) => {
        // As Slack escapes what was typed; only its own mentions keep their brackets.
        const escaped = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
        const read = parseCommand(`${command} ${escaped} ${escaped}`, KNOWN);
        expect(read).not.toHaveProperty('person');
        expect(read).not.toHaveProperty('of.person');
        expect(read).not.toHaveProperty('wish.beneficiary');
      }),
    );
  });

  it('finds level, cluster, duration, person and reason in whatever order the parts come', () => {
    const reason = fc.stringMatching(/^[A-Z][a-zA-Z ]{2,40}[a-z]$/);
    const parts = fc.record({
      level: fc.constantFrom(...KNOWN.levels),
      cluster: fc.option(fc.constantFrom(...KNOWN.clusters)),
      minutes: fc.integer({ min: 1, max: 999 }),
      unit: fc.constantFrom('m', 'min', ' min', ' minutes'),
      person: fc.option(fc.stringMatching(/^U[A-Z0-9]{4,8}$/)),
      personFirst: fc.boolean(),
      reason,
    });
    fc.assert(
      fc.property(parts, ({ level, cluster, minutes, unit, person, personFirst, reason: why }) => {
        const mention = person === null ? [] : [`<@${person}|somebody>`];
        const duration = [`${minutes}${unit}`];
        const head = personFirst ? [...mention, ...duration] : [...duration, ...mention];
        const typed = ['access', level, ...(cluster === null ? [] : [cluster]), ...head, why].join(' ');
        expect(parseCommand(typed, KNOWN)).toEqual({
          kind: 'access',
          wish: {
            level,
            ...(cluster !== null && { cluster }),
            durationMs: minutes * 60_000,
            ...(person !== null && { beneficiary: person }),
            reason: why,
          },
        });
      }),
    );
  });

  it('finds a command with one typing mistake in it', () => {
    const letters = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
    fc.assert(
      fc.property(fc.constantFrom('status', 'doctor', 'setup'), fc.nat(4), letters, (word, at, letter) => {
        const typed = word.slice(0, at) + letter + word.slice(at + 1);
        expect(editDistance(typed, word)).toBeLessThanOrEqual(1);
        expect(nearestOf(typed, ['setup', 'status', 'help', 'doctor'])).toBeDefined();
      }),
    );
  });

  it("takes a button's value only where it is one of ours", () => {
    fc.assert(
      fc.property(text, (value) => {
        const read = readValue(value);
        if (read === undefined) return;
        expect(read.requestId).toMatch(/^[0-9a-z]{4,32}$/);
        expect(read.planDigest ?? '').toMatch(/^[0-9a-f]*$/);
      }),
    );
    const ids = fc.stringMatching(/^[0-9a-z]{8}$/);
    const digests = fc.stringMatching(/^[0-9a-f]{12}$/);
    fc.assert(
      fc.property(ids, digests, (requestId, planDigest) => {
        expect(readValue(decisionValue({ id: requestId, planDigest }))).toEqual({ requestId, planDigest });
      }),
    );
  });

  it('reads any state of the form, and believes nothing in it', () => {
    fc.assert(
      fc.property(state, fc.array(fc.tuple(text, fc.array(text))), text, (values, origins, asker) => {
        const form = readForm(RULES, values as Parameters<typeof readForm>[1], new Map(origins), asker);
        const reading = readSetupInput(form, RULES);
        if (!reading.ok) {
          expect(reading.problems.length).toBeGreaterThan(0);
          const shown = problemsAtFields(reading.problems, new Set(['cluster']));
          expect(Object.keys(shown).length).toBeGreaterThan(0);
          return;
        }
        for (const { cluster, spec } of reading.setups) {
          expect(RULES.clusters.map(({ name }) => name)).toContain(cluster);
          expect(spec.origin).toMatch(/^https:\/\//);
        }
      }),
    );
  });

  it('lets no odd text of a form into names that Kubernetes, Helm or Entra read', () => {
    const changed = fc.record<Partial<SetupForm>>(
      {
        dashboardUrl: text,
        secretLifetimeDays: fc.oneof(text, fc.integer().map(String)),
        groupPrefix: text,
        prompt: text,
        scopes: text,
        usernameClaim: text,
        groupClaims: text,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(changed, (part) => {
        const reading = readSetupForm(setupForm(part), RULES);
        if (!reading.ok) return;
        const { signIn, secretLifetimeDays } = reading.spec;
        expect(signIn.groupPrefix).toMatch(/^[\w:.@/-]*$/);
        expect(signIn.usernameClaim).toMatch(/^[\w.]+$/);
        expect(signIn.scopes.split(' ')).toContain('openid');
        expect(secretLifetimeDays).toBeGreaterThan(0);
        expect(secretLifetimeDays).toBeLessThan(731);
      }),
    );
  });

  it('takes only an https address with nothing but the release behind it', () => {
    const address = fc.oneof(text, fc.webUrl({ withFragments: true, withQueryParameters: true }));
    fc.assert(
      fc.property(address, (typed) => {
        const read = parseDashboardUrl(typed, 'k10');
        if (read.ok) expect(new URL(read.dashboard.origin).origin).toBe(read.dashboard.origin);
        else expect(read.problem).not.toBe('');
      }),
    );
  });

  it('reads what a modal carries along without ever failing', () => {
    fc.assert(
      fc.property(fc.oneof(text, fc.json()), state, (metadata, values) => {
        const meta = readReasonMeta(metadata);
        if (meta !== undefined) expect(typeof meta.id).toBe('string');
        expect(readMeta(metadata)).toBeDefined();
        const reason = readReason(values as Parameters<typeof readReason>[0]);
        if ('reason' in reason) expect(reason.reason.length).toBeGreaterThanOrEqual(3);
      }),
    );
  });
});
