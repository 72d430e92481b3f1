import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CALENDAR, type RequestOf } from '../../../src/domain/requests/request.ts';
import type { RotationSpec } from '../../../src/domain/secrets/rotation.ts';
import {
  type AutoRotation,
  autoRotation,
  calendarStep,
  waitsForWindow,
} from '../../../src/domain/secrets/rotation-calendar.ts';
import { WEEKDAYS, type WindowRule } from '../../../src/domain/secrets/rotation-window.ts';
import { pendingRequest, setupSpec } from '../../support/setup-samples.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINDOW: WindowRule = { days: ['Tue', 'Wed'], from: 540, to: 900, timeZone: 'Europe/Berlin' };
const RULE: AutoRotation = { before: 10 * DAY_MS, window: WINDOW };
// A Monday, ten days after a Friday.
const ENDS = '2026-12-14T12:00:00.000Z';
const TUESDAY = { opens: '2026-12-08T08:00:00.000Z', closes: '2026-12-08T14:00:00.000Z' };
const WEDNESDAY = { opens: '2026-12-09T08:00:00.000Z', closes: '2026-12-09T14:00:00.000Z' };

function rotation(
  changed: Partial<RequestOf<'rotation'>> = {},
  spec: Partial<RotationSpec> = { window: TUESDAY },
): RequestOf<'rotation'> {
  const { kind: _kind, spec: _spec, ...rest } = pendingRequest();
  return {
    ...rest,
    kind: 'rotation',
    asker: CALENDAR,
    spec: { setup: setupSpec(), endsAt: ENDS, ...spec },
    ...changed,
  };
}

const at = (iso: string) => new Date(iso);
const step = (now: string, last?: RequestOf<'rotation'>) => calendarStep(at(now), ENDS, RULE, last);

describe('the calendar', () => {
  it('asks a day before the first window that opens in the days before the end, and not sooner', () => {
    expect(step('2026-12-05T12:00:00Z')).toEqual({ do: 'nothing' });
    expect(step('2026-12-07T07:59:59Z')).toEqual({ do: 'nothing' });
    expect(step('2026-12-07T08:00:00Z')).toEqual({ do: 'ask', window: TUESDAY });
  });

  it('takes the next window where it is too late for a day of notice', () => {
    expect(step('2026-12-08T06:00:00Z')).toEqual({ do: 'nothing' });
    expect(step('2026-12-08T08:30:00Z')).toEqual({ do: 'ask', window: WEDNESDAY });
  });

  it('asks with short notice rather than after the end', () => {
    const ends = '2026-12-09T10:00:00.000Z';
    expect(calendarStep(at('2026-12-09T07:00:00Z'), ends, RULE, undefined)).toEqual({
      do: 'ask',
      window: WEDNESDAY,
    });
  });

  it('asks a week sooner where the only window of the week would come too late', () => {
    const rule: AutoRotation = { before: 3 * DAY_MS, window: { ...WINDOW, days: ['Tue'] } };
    expect(calendarStep(at('2026-12-07T09:00:00Z'), ENDS, rule, undefined)).toEqual({
      do: 'ask',
      window: TUESDAY,
    });
  });

  it('leaves one alone that is under way, whoever asked', () => {
    for (const state of ['planning', 'pending', 'running', 'undoing'] as const) {
      expect(step('2026-12-08T09:00:00Z', rotation({ state }))).toEqual({ do: 'nothing' });
      expect(step('2026-12-08T09:00:00Z', rotation({ state, asker: 'U0ASKER' }, {}))).toEqual({
        do: 'nothing',
      });
    }
  });

  it('lets one that may run wait for its window, and gives it up when that has closed', () => {
    const approved = rotation({ state: 'approved' });
    expect(waitsForWindow(approved, at('2026-12-08T07:59:59Z'))).toBe(true);
    expect(waitsForWindow(approved, at('2026-12-08T08:00:00Z'))).toBe(false);
    expect(waitsForWindow(approved, at('2026-12-08T14:00:00Z'))).toBe(true);
    expect(step('2026-12-08T13:59:59Z', approved)).toEqual({ do: 'nothing' });
    expect(step('2026-12-08T14:00:00Z', approved)).toEqual({ do: 'give-up' });
    const gone = rotation({ state: 'withdrawn', endedAt: '2026-12-08T14:00:00.000Z' });
    expect(step('2026-12-08T14:05:00Z', gone)).toEqual({ do: 'ask', window: WEDNESDAY });
  });

  it('says when it tries again what failed, and does so when that window opens', () => {
    const failed = rotation({ state: 'failed', endedAt: '2026-12-08T08:05:00.000Z' });
    expect(step('2026-12-08T08:10:00Z', failed)).toEqual({ do: 'plan-retry', window: WEDNESDAY });
    const planned = { ...failed, spec: { ...failed.spec, window: WEDNESDAY } };
    expect(step('2026-12-08T09:00:00Z', planned)).toEqual({ do: 'nothing' });
    expect(step('2026-12-09T08:00:00Z', planned)).toEqual({ do: 'retry' });
    const again = { ...planned, endedAt: '2026-12-09T08:02:00.000Z' };
    expect(step('2026-12-09T08:03:00Z', again)).toMatchObject({
      do: 'plan-retry',
      window: { opens: '2026-12-15T08:00:00.000Z' },
    });
  });

  it('leaves one that a person asked for and that failed to people', () => {
    const failed = rotation({ state: 'failed', asker: 'U0ASKER' }, {});
    expect(step('2026-12-09T09:00:00Z', failed)).toEqual({ do: 'nothing' });
  });

  it('does not ask before the day to which somebody put it off, and then gives notice again', () => {
    const postponed = { until: '2026-12-09', reason: 'release', by: 'U0ADA', at: '2026-12-07T10:00:00.000Z' };
    const put = rotation({ state: 'withdrawn' }, { window: TUESDAY, postponed });
    expect(step('2026-12-07T12:00:00Z', put)).toEqual({ do: 'nothing' });
    expect(step('2026-12-08T08:00:00Z', put)).toEqual({ do: 'ask', window: WEDNESDAY });
  });

  it('asks for another window after a denial, and not for the same one again', () => {
    const denied = rotation({ state: 'denied' });
    expect(step('2026-12-07T12:00:00Z', denied)).toEqual({ do: 'nothing' });
    expect(step('2026-12-08T08:00:00Z', denied)).toEqual({ do: 'ask', window: WEDNESDAY });
  });

  it('begins anew with a new secret', () => {
    const done = rotation({ state: 'done' });
    expect(calendarStep(at('2026-12-08T09:00:00Z'), '2027-06-06T00:00:00Z', RULE, done)).toEqual({
      do: 'nothing',
    });
  });

  it('never asks for a window that is over, or before the time, and always ends up asking before the end', () => {
    const windows = fc.record({
      days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1_380 }),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
    });
    fc.assert(
      fc.property(
        windows,
        fc.integer({ min: 1, max: 60 }),
        fc.date({ min: at('2026-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z'), noInvalidDate: true }),
        (window, days, end) => {
          const rule: AutoRotation = { before: days * DAY_MS, window: { ...window, to: window.from + 59 } };
          const first = end.getTime() - (days + 10) * DAY_MS;
          for (let now = first; now < end.getTime(); now += 4 * HOUR_MS) {
            const does = calendarStep(new Date(now), end.toISOString(), rule, undefined);
            if (does.do !== 'ask') continue;
            expect(Date.parse(does.window.closes)).toBeGreaterThan(now);
            expect(Date.parse(does.window.opens) - now).toBeLessThanOrEqual(DAY_MS);
            expect(Date.parse(does.window.opens)).toBeLessThan(end.getTime());
            return;
          }
          throw new Error('The calendar never asked');
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the settings of one cluster', () => {
  const clusters = [
    { name: 'a', namespace: 'n', release: 'r' },
    { name: 'b', namespace: 'n', release: 'r', rotation: { autoRotateBefore: 'never' as const } },
    { name: 'c', namespace: 'n', release: 'r', rotation: { rotate: { ...WINDOW, days: ['Sun' as const] } } },
  ];
  const rules = { clusters, rotation: { autoRotateBefore: 5 * DAY_MS, rotate: WINDOW } };

  it('win over those for all', () => {
    expect(autoRotation(rules, 'a')).toEqual({ before: 5 * DAY_MS, window: WINDOW });
    expect(autoRotation(rules, 'b')).toBeUndefined();
    expect(autoRotation(rules, 'c')).toEqual({ before: 5 * DAY_MS, window: { ...WINDOW, days: ['Sun'] } });
    expect(autoRotation({ clusters }, 'a')).toBeUndefined();
  });
});
