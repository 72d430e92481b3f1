import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayAt, dayBegins } from '../../../src/domain/calendar.ts';
import { isOpen, WEEKDAYS, type WindowRule, windowAt } from '../../../src/domain/secrets/rotation-window.ts';

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const rules: fc.Arbitrary<WindowRule> = fc.record({
  days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
  from: fc.integer({ min: 0, max: 1_439 }),
  to: fc.integer({ min: 0, max: 1_439 }),
  timeZone: fc.constantFrom(...ZONES),
});
const moments = fc.date({
  min: new Date('2024-01-01T00:00:00Z'),
  max: new Date('2031-01-01T00:00:00Z'),
  noInvalidDate: true,
});

const WALL = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/** What a clock on the wall shows: `Tue 09:00`. */
function wall(iso: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', { ...WALL, timeZone }).formatToParts(new Date(iso));
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('weekday')} ${part('hour')}:${part('minute')}`;
}

const BERLIN: WindowRule = { days: ['Tue', 'Wed'], from: 540, to: 900, timeZone: 'Europe/Berlin' };

describe('the window in which work on K10 may be done', () => {
  it('opens and closes by the clock on the wall, in summer and in winter', () => {
    expect(windowAt(BERLIN, new Date('2026-11-23T12:00:00Z'))).toEqual({
      opens: '2026-11-24T08:00:00.000Z',
      closes: '2026-11-24T14:00:00.000Z',
    });
    expect(windowAt(BERLIN, new Date('2026-07-01T15:00:00Z'))).toEqual({
      opens: '2026-07-07T07:00:00.000Z',
      closes: '2026-07-07T13:00:00.000Z',
    });
  });

  it('is the one that is open, until it closes', () => {
    const open = windowAt(BERLIN, new Date('2026-11-24T13:59:00Z'));
    expect(open.opens).toBe('2026-11-24T08:00:00.000Z');
    expect(windowAt(BERLIN, new Date(open.closes)).opens).toBe('2026-11-25T08:00:00.000Z');
  });

  it('can go over midnight', () => {
    const night: WindowRule = { ...BERLIN, days: ['Sat'], from: 1_320, to: 240 };
    const window = windowAt(night, new Date('2026-11-29T01:00:00Z'));
    expect(window).toEqual({ opens: '2026-11-28T21:00:00.000Z', closes: '2026-11-29T03:00:00.000Z' });
  });

  it('is an hour shorter, or left out, where summer time takes its hour away', () => {
    const early: WindowRule = { ...BERLIN, days: ['Sun'], from: 60, to: 240 };
    const short = windowAt(early, new Date('2026-03-28T12:00:00Z'));
    expect(Date.parse(short.closes) - Date.parse(short.opens)).toBe(2 * 3_600_000);
    const swallowed: WindowRule = { ...early, from: 120, to: 180 };
    expect(windowAt(swallowed, new Date('2026-03-28T12:00:00Z')).opens).toBe('2026-04-05T00:00:00.000Z');
  });

  it('has a length, has not closed yet, and opens on a day of the rule', () => {
    fc.assert(
      fc.property(rules, moments, (rule, now) => {
        const { opens, closes } = windowAt(rule, now);
        expect(Date.parse(opens)).toBeLessThan(Date.parse(closes));
        expect(Date.parse(closes)).toBeGreaterThan(now.getTime());
        expect(rule.days).toContain(wall(opens, rule.timeZone).slice(0, 3));
      }),
    );
  });

  it('is the first: at every moment until it opens the answer is the same', () => {
    fc.assert(
      fc.property(rules, moments, fc.double({ min: 0, max: 1, noNaN: true }), (rule, now, share) => {
        const window = windowAt(rule, now);
        const wait = Math.max(0, Date.parse(window.opens) - now.getTime());
        const between = new Date(now.getTime() + Math.floor(wait * share));
        expect(windowAt(rule, between)).toEqual(window);
        expect(windowAt(rule, new Date(window.opens))).toEqual(window);
        if (between.getTime() < Date.parse(window.opens)) expect(isOpen(window, between)).toBe(false);
      }),
    );
  });

  it('shows the times of the rule on the wall, but for hours that summer time moves', () => {
    const clock = (minutes: number) =>
      `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
    fc.assert(
      fc.property(rules, moments, (rule, now) => {
        const { opens, closes } = windowAt(rule, now);
        // Between 04:00 and midnight no clock of these zones is put forward or back.
        if (rule.from >= 240) expect(wall(opens, rule.timeZone).slice(4)).toBe(clock(rule.from));
        if (rule.to >= 240) expect(wall(closes, rule.timeZone).slice(4)).toBe(clock(rule.to));
      }),
    );
  });

  it('never overlaps the one after it, and none is left out: they lie a whole number of days apart, give or take an hour', () => {
    fc.assert(
      fc.property(rules, moments, (rule, now) => {
        const window = windowAt(rule, now);
        const next = windowAt(rule, new Date(window.closes));
        expect(Date.parse(next.opens)).toBeGreaterThanOrEqual(Date.parse(window.closes) - MINUTE_MS);
        const apart = Date.parse(next.opens) - Date.parse(window.opens);
        const wholeDays = Math.round(apart / DAY_MS) * DAY_MS;
        expect(Math.abs(apart - wholeDays)).toBeLessThanOrEqual(60 * MINUTE_MS);
      }),
    );
  });
});

describe('a day of the calendar', () => {
  it('begins where that day is, whatever the time zone', () => {
    fc.assert(
      fc.property(moments, fc.constantFrom(...ZONES), (moment, timeZone) => {
        const day = dayAt(moment, timeZone);
        const begin = dayBegins(day, timeZone);
        expect(begin.getTime()).toBeLessThanOrEqual(moment.getTime());
        expect(dayAt(begin, timeZone)).toBe(day);
        expect(dayAt(new Date(begin.getTime() - 1), timeZone)).not.toBe(day);
      }),
    );
  });
});
