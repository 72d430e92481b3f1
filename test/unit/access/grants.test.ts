import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAccessForm } from '../../../src/domain/access/access.ts';
import {
  ended,
  type Grant,
  granted,
  isDue,
  isLive,
  membershipBefore,
  notBack,
  reappeared,
  remainsVia,
  removalOf,
  removing,
  sameMembership,
} from '../../../src/domain/access/grant.ts';
import {
  approvalRule,
  approvedDuration,
  escalatesAfter,
  objectionTo,
} from '../../../src/domain/requests/policy.ts';
import type { RequestOf } from '../../../src/domain/requests/request.ts';
import { ACCESS } from '../../support/memory-world.ts';
import { houseRules, NOW } from '../../support/setup-samples.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function grantOf(id: string, changed: Partial<Grant> = {}): Grant {
  return {
    id,
    version: 1,
    state: 'granting',
    cluster: 'prod-eu',
    level: 'admin',
    beneficiary: 'U0ADA',
    asker: 'U0ADA',
    approvers: ['U0BEN'],
    reason: 'restore',
    breakGlass: false,
    person: { objectId: 'ada', name: 'Ada' },
    group: { objectId: 'kasten-users', name: 'Kasten Users' },
    before: 'absent',
    durationMs: HOUR_MS,
    createdAt: NOW.toISOString(),
    endsAt: new Date(NOW.getTime() + HOUR_MS).toISOString(),
    ...changed,
  };
}

/** One membership in Entra, with everything Kastellan does to it, as the workflow does it. */
class Membership {
  member: boolean;
  readonly grants = new Map<string, Grant>();
  now = NOW.getTime();

  constructor(member: boolean) {
    this.member = member;
  }

  get live(): Grant[] {
    return [...this.grants.values()].filter(isLive);
  }

  give(durationMs: number, cluster: string): void {
    const at = new Date(this.now);
    const before = membershipBefore(this.member, {
      others: [...this.grants.values()],
      belongs: false,
      now: at,
    });
    const noted = grantOf(`g${this.grants.size}`, {
      before,
      durationMs,
      cluster,
      createdAt: at.toISOString(),
    });
    this.member = true;
    this.grants.set(noted.id, granted(noted, at.toISOString()));
  }

  revokeMembership(grant: Grant): void {
    const at = new Date(this.now);
    const others = this.live.filter(({ id }) => id !== grant.id);
    const removal = removalOf(grant, { others, belongs: false, now: at });
    if (removal.membership === 'removed') this.member = false;
    const end = { why: 'expired' as const, by: 'kastellan', at: at.toISOString() };
    this.grants.set(grant.id, ended(grant, { removal, refusedAtOnce: false, end, at: at.toISOString() }));
  }

  /** Time passes, and what is over is taken back, the most overdue first. */
  pass(ms: number): void {
    this.now += ms;
    const due = this.live.filter((grant) => isDue(grant, new Date(this.now)));
    for (const grant of due.toSorted((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt)))
      this.revokeMembership(grant);
  }
}

type Move =
  | { readonly give: number; readonly cluster: string }
  | { readonly pass: number }
  | { readonly end: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ give: fc.integer({ min: 1, max: 480 }), cluster: fc.constantFrom('prod-eu', 'prod-us') }),
  fc.record({ pass: fc.integer({ min: 1, max: 240 }) }),
  fc.record({ end: fc.nat({ max: 9 }) }),
);

function play(membership: Membership, moves: readonly Move[], look: () => void): void {
  for (const each of moves) {
    if ('give' in each) membership.give(each.give * MINUTE_MS, each.cluster);
    else if ('pass' in each) membership.pass(each.pass * MINUTE_MS);
    else {
      const grant = membership.live[each.end];
      if (grant !== undefined) membership.revokeMembership(grant);
    }
    look();
  }
}

describe('grants of one membership, however they overlap', () => {
  it('leave somebody in the group exactly as long as one of them lasts', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const membership = new Membership(false);
        play(membership, moves, () => expect(membership.member).toBe(membership.live.length > 0));
        membership.pass(1_000 * HOUR_MS);
        expect(membership.member).toBe(false);
      }),
    );
  });

  it('never take away a membership that was there before', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        const membership = new Membership(true);
        play(membership, moves, () => expect(membership.member).toBe(true));
        membership.pass(1_000 * HOUR_MS);
        expect(membership.member).toBe(true);
        const removals = [...membership.grants.values()].map(({ removal }) => removal?.membership);
        expect(removals.every((removal) => removal === 'kept-from-before')).toBe(true);
      }),
    );
  });

  it('that ended a moment ago do not make what Entra still shows a membership from before', () => {
    const at = (ms: number) => new Date(NOW.getTime() + ms);
    const end = { why: 'done' as const, by: 'U0ADA', at: NOW.toISOString() };
    const over = ended(granted(grantOf('a'), NOW.toISOString()), {
      removal: { membership: 'removed' },
      refusedAtOnce: false,
      end,
      at: NOW.toISOString(),
    });
    expect(membershipBefore(true, { others: [over], belongs: false, now: at(30_000) })).toBe('absent');
    expect(membershipBefore(true, { others: [over], belongs: false, now: at(10 * MINUTE_MS) })).toBe(
      'present',
    );
    expect(membershipBefore(false, { others: [over], belongs: false, now: at(10 * MINUTE_MS) })).toBe(
      'absent',
    );
  });

  it('whose account was deleted are watched for as long as Entra can restore it, and begin anew where it does', () => {
    const at = (ms: number) => new Date(NOW.getTime() + ms);
    const days = 24 * HOUR_MS;
    const end = { why: 'done' as const, by: 'U0ADA', at: NOW.toISOString() };
    const over = ended(removing(grantOf('a'), end, NOW.toISOString()), {
      removal: { membership: 'account-gone' },
      refusedAtOnce: false,
      end,
      at: NOW.toISOString(),
    });
    expect(over.restorableUntil).toBe(at(30 * days).toISOString());
    expect(notBack(over, false, at(30 * days - 1))).toBeUndefined();
    expect(notBack(over, false, at(30 * days))).not.toHaveProperty('restorableUntil');
    const withoutIt = notBack(over, true, at(days));
    expect(withoutIt?.restorableUntil).toBe(at(days + 15 * MINUTE_MS).toISOString());
    expect(withoutIt && notBack(withoutIt, true, at(days + MINUTE_MS))).toBeUndefined();
    // What is left of the first removal would pass for this one's.
    const back = reappeared(over, at(days).toISOString());
    expect(back).not.toHaveProperty('removalBegunAt');
    expect(back).not.toHaveProperty('restorableUntil');
    expect(isDue(back, at(days))).toBe(true);
  });

  it('are about the same membership by group and person, whichever cluster they are for', () => {
    const other = grantOf('b', { cluster: 'prod-us' });
    expect(sameMembership(grantOf('a'), other)).toBe(true);
    const elsewhere = grantOf('b', { group: { objectId: 'others', name: 'Kasten Users (prod-us)' } });
    expect(sameMembership(grantOf('a'), elsewhere)).toBe(false);
  });

  it('say where somebody stays because of a grant elsewhere, and nothing of it where they hold the level here anyway', () => {
    const inHours = (hours: number) => new Date(NOW.getTime() + hours * HOUR_MS).toISOString();
    const over = grantOf('a');
    const elsewhere = grantOf('b', { cluster: 'prod-us', endsAt: inHours(3) });
    const here = grantOf('c', { endsAt: inHours(2) });
    const now = new Date(inHours(1));
    const removal = removalOf(over, { others: [elsewhere], belongs: false, now });
    expect(removal).toEqual({
      membership: 'kept-for-other',
      for: 'b',
      elsewhere: { cluster: 'prod-us', level: 'admin', until: inHours(3) },
    });
    expect(remainsVia({ removal })).toMatchObject({ cluster: 'prod-us' });
    expect(remainsVia({ removal, refusedAtOnce: true })).toBeUndefined();
    expect(removalOf(over, { others: [elsewhere, here], belongs: false, now })).toEqual({
      membership: 'kept-for-other',
      for: 'c',
    });
  });

  it('note how late they were taken back: against the planned end, or against the moment somebody ended them', () => {
    const grant = granted(grantOf('a'), NOW.toISOString());
    const taken = (why: 'expired' | 'done', saidAfter: number, after: number) => {
      const iso = (ms: number) => new Date(NOW.getTime() + ms).toISOString();
      const end = { why, by: 'U0ADA', at: iso(saidAfter) };
      return ended(grant, { removal: { membership: 'removed' }, refusedAtOnce: false, end, at: iso(after) })
        .lateMs;
    };
    expect(taken('expired', HOUR_MS + 5_000, HOUR_MS + 5_000)).toBe(5_000);
    expect(taken('done', MINUTE_MS, MINUTE_MS + 2_000)).toBe(2_000);
  });
});

function accessRequest(changed: Partial<RequestOf<'access'>> = {}): RequestOf<'access'> {
  return {
    id: '8k2m0000',
    kind: 'access',
    cluster: 'prod-eu',
    spec: { level: 'admin', beneficiary: 'U0ADA', durationMs: 4 * HOUR_MS, reason: 'restore' },
    state: 'pending',
    version: 2,
    asker: 'U0EVE',
    createdAt: NOW.toISOString(),
    changedAt: NOW.toISOString(),
    decisions: [],
    staleDecisions: [],
    required: 2,
    reminders: 0,
    ...changed,
  };
}

describe('who decides on access', () => {
  const everybody = new Set(['U0ADA', 'U0EVE', 'U0BEN']);

  it('is never the person who asked, nor the one it is for', () => {
    expect(objectionTo(accessRequest(), 'U0EVE', everybody)).toEqual({ kind: 'own-request' });
    expect(objectionTo(accessRequest(), 'U0ADA', everybody)).toEqual({ kind: 'own-access' });
    expect(objectionTo(accessRequest(), 'U0BEN', everybody)).toBeUndefined();
  });

  it('are those of the level, later also those it escalates to, and nobody for break-glass', () => {
    const second = { userGroups: ['leads'], users: ['U0BOSS'] };
    const [admin] = houseRules().accessLevels;
    if (admin === undefined) throw new Error('no level');
    const escalation = { after: 30 * MINUTE_MS, approvers: second };
    const rules = houseRules({
      accessLevels: [{ ...admin, access: { ...ACCESS, required: 2, escalation } }],
    });
    const asked = accessRequest();
    expect(approvalRule(rules, asked)).toMatchObject({ required: 2, approvers: ACCESS.approvers });
    expect(escalatesAfter(rules, asked)).toBe(30 * MINUTE_MS);
    const escalated = accessRequest({ escalatedAt: NOW.toISOString() });
    expect(approvalRule(rules, escalated).approvers).toEqual({
      userGroups: ['kasten-approvers', 'leads'],
      users: ['U0BOSS'],
    });
    expect(escalatesAfter(rules, escalated)).toBeUndefined();
    const glass = accessRequest({ spec: { ...asked.spec, breakGlass: true } });
    expect(approvalRule(rules, glass).required).toBe(0);
  });

  it('can give less than was asked for, and the shortest counts', () => {
    const by = (who: string, durationMs?: number) => ({
      by: who,
      verdict: 'approve' as const,
      at: NOW.toISOString(),
      ...(durationMs !== undefined && { durationMs }),
    });
    expect(approvedDuration(accessRequest({ decisions: [by('U0BEN')] }))).toBe(4 * HOUR_MS);
    const decisions = [by('U0BEN', 2 * HOUR_MS), by('U0CLEO', HOUR_MS), by('U0DAN')];
    expect(approvedDuration(accessRequest({ decisions }))).toBe(HOUR_MS);
  });
});

describe('what is asked for', () => {
  const form = {
    cluster: 'prod-eu',
    level: 'admin',
    beneficiary: 'U0ADA',
    durationMs: HOUR_MS,
    reason: ' restore shop-db ',
  };

  it('is taken as it is meant', () => {
    expect(readAccessForm(form, houseRules())).toEqual({
      ok: true,
      spec: { level: 'admin', beneficiary: 'U0ADA', durationMs: HOUR_MS, reason: 'restore shop-db' },
    });
  });

  it.each([
    ['spaces', ' \u00a0\u2003\u3000'],
    ['characters of no width', '\u200b\u200d\u2060\ufeff\u00ad'],
    ['fillers', '\u3164\u115f\uffa0\u2800'],
    ['blank symbols and letters', '\u{1d159}\u{13441}\u{13442}'],
    ['accents without a letter', '\u0301\u0308\ufe0f'],
  ])('takes no reason that nobody can see: %s', (_what, reason) => {
    expect(readAccessForm({ ...form, reason }, houseRules())).toMatchObject({
      ok: false,
      problems: [{ field: 'reason' }],
    });
  });

  it('comes back with every mistake at its field', () => {
    const bad = { cluster: 'moon', level: 'god', beneficiary: 'U0ADA', durationMs: 1, reason: ' ' };
    const reading = readAccessForm(bad, houseRules());
    expect(reading.ok ? [] : reading.problems.map(({ field }) => field)).toEqual([
      'cluster',
      'level',
      'reason',
    ]);
    const long = readAccessForm({ ...form, durationMs: 9 * HOUR_MS }, houseRules());
    expect(long).toEqual({ ok: false, problems: [{ field: 'duration', message: 'The longest is 8 h.' }] });
    const unread = readAccessForm({ ...form, durationMs: Number.NaN }, houseRules());
    expect(unread).toMatchObject({ problems: [{ message: 'Write the duration like 30m, 2h or 1d.' }] });
  });
});
