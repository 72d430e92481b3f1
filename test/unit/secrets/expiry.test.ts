import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { daysLeft, dueReminder, type ExpiryRules, snoozeDays } from '../../../src/domain/secrets/expiry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RULES: ExpiryRules = { remindBefore: [30, 14, 7, 3, 1], dailyAfter: 30, at: 9 * 60, timeZone: 'UTC' };
const ENDS = '2026-12-07T15:00:00Z';

const at = (text: string): Date => new Date(text);

describe('the reminder that is due', () => {
  it.each([
    ['2026-11-07T08:59:00Z', undefined],
    ['2026-11-07T09:00:00Z', 30],
    ['2026-11-22T12:00:00Z', 30],
    ['2026-11-23T09:00:00Z', 14],
    ['2026-11-30T09:00:00Z', 7],
    ['2026-12-04T09:00:00Z', 3],
    ['2026-12-06T09:00:00Z', 1],
    ['2026-12-07T08:00:00Z', 1],
    ['2026-12-07T09:00:00Z', 0],
    ['2026-12-07T23:00:00Z', 0],
    ['2026-12-08T09:00:00Z', -1],
    ['2026-12-09T09:00:00Z', -2],
    ['2027-01-06T09:00:00Z', -30],
    ['2027-01-07T09:00:00Z', undefined],
  ])('of a secret that ends on 7 December is at %s the one of day %s', (now, due) => {
    expect(dueReminder(ENDS, at(now), RULES)).toBe(due);
  });

  it('comes in the morning of the time zone that was chosen, in summer and in winter', () => {
    const berlin = { ...RULES, timeZone: 'Europe/Berlin' };
    const summer = '2026-07-20T12:00:00Z';
    expect(dueReminder(summer, at('2026-07-13T06:59:00Z'), berlin)).toBe(14);
    expect(dueReminder(summer, at('2026-07-13T07:00:00Z'), berlin)).toBe(7);
    const winter = '2027-01-20T12:00:00Z';
    expect(dueReminder(winter, at('2027-01-13T07:59:00Z'), berlin)).toBe(14);
    expect(dueReminder(winter, at('2027-01-13T08:00:00Z'), berlin)).toBe(7);
  });

  it('counts days of the calendar across a change to winter time', () => {
    const berlin = { ...RULES, timeZone: 'Europe/Berlin', at: 0 };
    // 25 October 2026 has 25 hours there.
    expect(dueReminder('2026-10-26T00:30:00+01:00', at('2026-10-25T00:10:00+02:00'), berlin)).toBe(1);
    expect(daysLeft('2026-10-26T00:30:00+01:00', at('2026-10-25T23:59:00+01:00'), 'Europe/Berlin')).toBe(1);
  });

  it('is put off by a snooze, comes on the day the snooze ends, and then at the next threshold', () => {
    const snooze = { until: '2026-11-27' };
    expect(dueReminder(ENDS, at('2026-11-26T12:00:00Z'), RULES, snooze)).toBeUndefined();
    expect(dueReminder(ENDS, at('2026-11-27T09:00:00Z'), RULES, snooze)).toBe(10);
    expect(dueReminder(ENDS, at('2026-11-30T09:00:00Z'), RULES, snooze)).toBe(7);
  });

  it('cannot be put off beyond the day of the end, nor for the past', () => {
    expect(snoozeDays(ENDS, at('2026-11-23T10:00:00Z'), RULES)).toEqual({
      first: '2026-11-24',
      last: '2026-12-07',
    });
    expect(snoozeDays(ENDS, at('2026-12-07T10:00:00Z'), RULES)).toBeUndefined();
    expect(snoozeDays(ENDS, at('2027-02-01T10:00:00Z'), RULES)).toBeUndefined();
  });
});

// ---- whatever the clock does ------------------------------------------------------------------------------------

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Australia/Lord_Howe',
];
const END_MS = Date.parse(ENDS);
const rules = fc.record({
  remindBefore: fc.uniqueArray(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }),
  dailyAfter: fc.integer({ min: 0, max: 60 }),
  at: fc.integer({ min: 0, max: 24 * 60 - 1 }),
  timeZone: fc.constantFrom(...ZONES),
});
const end = fc.date({ min: at('2020-01-01'), max: at('2035-12-31'), noInvalidDate: true });
const moment = (around: Date, days: number): fc.Arbitrary<Date> =>
  fc
    .integer({ min: -days * 24 * 60, max: days * 24 * 60 })
    .map((m) => new Date(around.getTime() + m * 60_000));

/** What somebody who looks at these moments, one after the other, is reminded of. */
function remindersOf(endsAt: Date, moments: readonly Date[], rule: ExpiryRules): number[] {
  const given: number[] = [];
  for (const now of moments) {
    const due = dueReminder(endsAt.toISOString(), now, rule);
    const last = given.at(-1);
    if (due !== undefined && (last === undefined || due < last)) given.push(due);
  }
  return given;
}

describe('whatever the clock does', () => {
  it('nobody is reminded twice of one threshold, however often and in whatever order it is looked', () => {
    fc.assert(
      fc.property(
        end,
        rules,
        fc.array(fc.integer({ min: -120, max: 120 }), { maxLength: 60 }),
        (ends, rule, days) => {
          const given = remindersOf(
            ends,
            days.map((day) => new Date(ends.getTime() + day * DAY_MS)),
            rule,
          );
          expect(new Set(given).size).toBe(given.length);
          expect(given).toEqual(given.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it('a look every hour gives every threshold once, the day itself, and each day after', () => {
    fc.assert(
      fc.property(end, rules, (ends, rule) => {
        const hours = Array.from(
          { length: 24 * 160 },
          (_, hour) => new Date(ends.getTime() + (hour - 24 * 95) * HOUR_MS),
        );
        const after = Array.from({ length: rule.dailyAfter }, (_, index) => -(index + 1));
        const all = [...rule.remindBefore.toSorted((a, b) => b - a), 0, ...after];
        expect(remindersOf(ends, hours, rule)).toEqual(all);
      }),
      { numRuns: 15 },
    );
  });

  it('a look after a long sleep gives one reminder: the newest', () => {
    fc.assert(
      fc.property(
        end.chain((ends) => fc.tuple(fc.constant(ends), moment(ends, 29))),
        ([ends, now]) => {
          expect(remindersOf(ends, [now], RULES)).toHaveLength(1);
        },
      ),
    );
  });

  it('no snooze keeps people from being reminded on the day of the end', () => {
    fc.assert(
      fc.property(
        end.chain((ends) => fc.tuple(fc.constant(ends), moment(ends, 60))),
        rules,
        ([ends, now], rule) => {
          const days = snoozeDays(ends.toISOString(), now, rule);
          if (days === undefined) return;
          for (const until of [days.first, days.last]) {
            const evening = new Date(Date.parse(`${days.last}T00:00:00Z`) + 2 * DAY_MS);
            const due = dueReminder(ends.toISOString(), evening, { ...rule, dailyAfter: 60 }, { until });
            expect(due).toBeLessThanOrEqual(0);
          }
        },
      ),
    );
  });

  it('the days that are left shrink by one at each midnight and by nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), fc.integer({ min: -400, max: 400 }), (timeZone, day) => {
        const noon = new Date(END_MS + day * DAY_MS);
        const left = daysLeft(ENDS, noon, timeZone);
        const next = daysLeft(ENDS, new Date(noon.getTime() + DAY_MS), timeZone);
        // A zone that changes its time by an hour can, at most, move one moment over one midnight.
        expect(Math.abs(left - next - 1)).toBeLessThanOrEqual(1);
        expect(Math.abs(left + day)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
