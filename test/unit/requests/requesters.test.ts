import { describe, expect, it } from '@jest/globals';
import {
  NotARequester,
  requestersOf,
  type Wish,
  whomToAsk,
} from '../../../src/domain/requests/requesters.ts';
import type { AccessRule, Policy, Requesters } from '../../../src/domain/requests/rules.ts';
import { requesterMessage } from '../../../src/slack/requests/requester-message.ts';
import { ACCESS, RULES } from '../../support/memory-world.ts';

const OPS = requesters({ userGroups: ['kasten-ops'], users: ['U0OPS'] });
const DESK = requesters({ userGroups: ['service-desk'] });
const IN_ENTRA = requesters({ entraGroups: ['22222222-2222-4333-8444-555555555555'] });
const OWN = { kind: 'access', level: 'admin', onBehalf: false } as const;
const ON_BEHALF = { kind: 'access', level: 'admin', onBehalf: true } as const;

function requesters(some: Partial<Requesters>): Requesters {
  return { userGroups: [], users: [], entraGroups: [], ...some };
}

function access(rule: Partial<AccessRule>): Policy {
  const accessLevels = RULES.accessLevels.map((level) => ({ ...level, access: { ...ACCESS, ...rule } }));
  return { ...RULES, accessLevels };
}

function approvals(some: Partial<Policy['approvals']>): Policy {
  return { ...RULES, approvals: { ...RULES.approvals, ...some } };
}

function said(rules: Policy, wish: Wish, unfit?: string): string {
  const refused = new NotARequester({ wish, instead: whomToAsk(rules, wish), unfit });
  return requesterMessage(refused).text;
}

describe('who may ask', () => {
  it('is every full member where nothing else is said', () => {
    for (const kind of ['setup', 'rotation', 'teardown'] as const)
      expect(requestersOf(RULES, { kind })).toBeUndefined();
    expect(requestersOf(RULES, OWN)).toBeUndefined();
    expect(requestersOf(RULES, ON_BEHALF)).toBeUndefined();
  });

  it('is the same for a rotation and a tear-down as for a set-up, unless they have rules of their own', () => {
    const { setup } = RULES.approvals;
    const rules = approvals({ setup: { ...setup, requesters: OPS }, teardown: setup });
    expect(requestersOf(rules, { kind: 'setup' })).toBe(OPS);
    expect(requestersOf(rules, { kind: 'rotation' })).toBe(OPS);
    expect(requestersOf(rules, { kind: 'teardown' })).toBeUndefined();
  });

  it('is the same for another person, unless that is said, too', () => {
    expect(requestersOf(access({ requesters: OPS }), ON_BEHALF)).toBe(OPS);
    const both = access({ requesters: OPS, onBehalf: DESK });
    expect(requestersOf(both, OWN)).toBe(OPS);
    expect(requestersOf(both, ON_BEHALF)).toBe(DESK);
    expect(requestersOf(access({ onBehalf: DESK }), OWN)).toBeUndefined();
  });

  it('is no person for another one where no approval is needed, unless that is said', () => {
    const alone = access({ required: 0, requesters: OPS });
    expect(requestersOf(alone, OWN)).toBe(OPS);
    expect(requestersOf(alone, ON_BEHALF)).toEqual(requesters({}));
    expect(requestersOf({ ...access({ required: 0, onBehalf: DESK }) }, ON_BEHALF)).toBe(DESK);
  });

  it('is no person for a level that is not configured', () => {
    expect(requestersOf(RULES, { ...OWN, level: 'root' })).toEqual(requesters({}));
  });
});

describe('a person who may not ask', () => {
  it('reads which people and user groups to ask instead', () => {
    expect(said(access({ requesters: OPS }), OWN)).toBe(
      'You may not ask for access as admin. Ask members of @kasten-ops or <@U0OPS> instead. Nothing was asked for.',
    );
    const rules = approvals({ setup: { ...RULES.approvals.setup, requesters: OPS } });
    expect(said(rules, { kind: 'setup' })).toContain(
      'You may not ask for a set-up. Ask members of @kasten-ops',
    );
    expect(said(rules, { kind: 'rotation' })).toContain('a rotation');
    expect(said(rules, { kind: 'teardown' })).toContain('a tear-down');
  });

  it('reads who decides where only an Entra group may ask, and why they could not be found in it', () => {
    const rules = access({ requesters: IN_ENTRA });
    expect(said(rules, OWN)).toContain('Ask members of @kasten-approvers instead.');
    expect(said(rules, OWN, 'ada has *no* account in <Entra>.')).toContain(
      'Your groups in Entra could not count: ada has ∗no∗ account in &lt;Entra&gt;.',
    );
  });

  it('reads that each person asks for themselves where no other may', () => {
    expect(said(access({ required: 0, requesters: OPS }), ON_BEHALF)).toBe(
      'You may not ask for access as admin for another person. Each person asks for themselves.',
    );
    expect(said(access({ onBehalf: IN_ENTRA }), ON_BEHALF)).toContain('Ask members of @kasten-approvers');
  });
});
