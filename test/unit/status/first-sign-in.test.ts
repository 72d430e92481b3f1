import { describe, expect, it } from '@jest/globals';
import { type FirstSignIn, nextFirstSignIn } from '../../../src/domain/status/first-sign-in.ts';
import type { SignInRecord } from '../../../src/domain/status/sign-in-log.ts';

const WAITING: FirstSignIn = { state: 'waiting', since: '2026-11-30T14:00:00.000Z' };
const MEMBERS = new Set(['ada']);
const SOON = new Date('2026-11-30T14:10:00Z');
const record = (at: string, more: Partial<SignInRecord> = {}): SignInRecord => ({
  id: at,
  at,
  personId: 'ada',
  correlationId: at,
  ...more,
});
const failure = { code: 'AADSTS53003', message: '', hint: '', policies: [] };

describe('Waiting for the first sign-in after a set-up', () => {
  it('ends with the earliest one of a member, and whether a second factor was satisfied', () => {
    const records = [
      record('2026-11-30T14:05:00Z'),
      record('2026-11-30T14:02:00Z', { secondFactor: true }),
      record('2026-11-30T14:01:00Z', { failure }),
      record('2026-11-30T14:01:30Z', { personId: 'stranger' }),
      record('2026-11-30T13:59:00Z'),
    ];
    expect(nextFirstSignIn(WAITING, records, MEMBERS, SOON)).toEqual({
      state: 'seen',
      at: '2026-11-30T14:02:00Z',
      secondFactor: true,
    });
  });

  it('goes on while nobody signs in, for seven days', () => {
    expect(nextFirstSignIn(WAITING, [], MEMBERS, SOON)).toBeUndefined();
    expect(nextFirstSignIn(WAITING, [], MEMBERS, new Date('2026-12-07T13:59:59Z'))).toBeUndefined();
    expect(nextFirstSignIn(WAITING, [], MEMBERS, new Date('2026-12-07T14:00:00Z'))).toEqual({
      state: 'not-seen',
      until: '2026-12-07T14:00:00.000Z',
    });
  });

  it('is over once it was seen, and never began without a log', () => {
    const seen: FirstSignIn = { state: 'seen', at: '2026-11-30T14:02:00Z', secondFactor: false };
    expect(nextFirstSignIn(seen, [record('2026-11-30T14:03:00Z')], MEMBERS, SOON)).toBeUndefined();
    expect(nextFirstSignIn(undefined, [record('2026-11-30T14:03:00Z')], MEMBERS, SOON)).toBeUndefined();
  });
});
