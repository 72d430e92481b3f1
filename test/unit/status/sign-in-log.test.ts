import { describe, expect, it } from '@jest/globals';
import { validateMessage } from '../../../sandbox/slack/block-kit/validate.ts';
import {
  countedIn,
  emptyDay,
  failuresIn,
  type SignInRecord,
  signInsWithoutGroup,
} from '../../../src/domain/status/sign-in-log.ts';
import { signInFailuresCard } from '../../../src/slack/status/sign-in-failures-card.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const TODAY = '2026-11-24';
let last = 0;

function signIn(minutesAgo: number, person: string, code?: number): SignInRecord {
  last += 1;
  return {
    id: `s${last}`,
    at: new Date(NOW.getTime() - minutesAgo * 60_000).toISOString(),
    personId: person,
    correlationId: `c${last}`,
    ...(code !== undefined && {
      failure: {
        code: `AADSTS${code}`,
        message: `Because of ${code}.`,
        hint: 'Do this.',
        policies: ['MFA for all'],
      },
    }),
  };
}

describe('failures in the sign-in log', () => {
  it('are those that Entra refused', () => {
    const blocked = signIn(1, 'ada', 53003);
    expect(failuresIn([signIn(2, 'ada'), blocked], NOW)).toEqual([blocked]);
  });

  it('are no steps of a sign-in that came to its end', () => {
    expect(failuresIn([signIn(20, 'ada', 50074), signIn(19, 'ada')], NOW)).toEqual([]);
  });

  it('are second factors that nobody gave within ten minutes, and not those that may still come', () => {
    const givenUp = signIn(20, 'ada', 50074);
    expect(failuresIn([givenUp, signIn(3, 'ben', 50074)], NOW)).toEqual([givenUp]);
  });

  it('are also people whom Entra lets through and no group lets into K10', () => {
    const stranger = signIn(2, 'eve');
    const found = signInsWithoutGroup([stranger, signIn(2, 'ada'), signIn(30, 'eve')], new Set(['ada']), NOW);
    expect(found.map(({ id }) => id)).toEqual([stranger.id]);
    expect(found[0]?.failure?.message).toContain('in none of the groups of this cluster');
  });
});

describe('the summary of a day', () => {
  const failures = [signIn(9, 'ada', 53003), signIn(8, 'ada', 53003), signIn(7, 'ben', 7000222)];
  const counted = countedIn(emptyDay('prod-eu', TODAY), failures, 'UTC');

  it('counts each failure once, by cause, however often the log is read', () => {
    expect(
      counted?.failures.causes.map(({ code, failures: times, people }) => [code, times, people.length]),
    ).toEqual([
      ['AADSTS53003', 2, 1],
      ['AADSTS7000222', 1, 1],
    ]);
    expect(counted && countedIn(counted.failures, failures, 'UTC')).toBeUndefined();
  });

  it('leaves other days to their own cards', () => {
    const yesterday = { ...signIn(0, 'ada', 53003), at: '2026-11-23T23:59:00Z' };
    expect(countedIn(emptyDay('prod-eu', TODAY), [yesterday], 'UTC')).toBeUndefined();
  });

  it('begins and ends with the day of the configured time zone', () => {
    const lateInUtc = { ...signIn(0, 'ada', 53003), at: '2026-11-23T23:59:00Z' };
    const inBerlin = countedIn(emptyDay('prod-eu', TODAY), [lateInUtc], 'Europe/Berlin');
    expect(inBerlin?.failures.causes).toMatchObject([{ code: 'AADSTS53003', failures: 1 }]);
  });

  it('says in words what happened and what mends it, and names nobody', () => {
    if (counted === undefined) throw new Error('nothing counted');
    const card = signInFailuresCard(counted.failures);
    expect(validateMessage(card)).toEqual([]);
    expect(card.text).toMatch(/3 sign-ins to Kasten on prod-eu failed on 2026-11-24, of 2 people\./);
    expect(card.text).toMatch(/Because of 53003\.\*? {2}2 times, 1 person/);
    expect(card.text).toContain('/kasten rotate prod-eu makes a new one.');
    expect(card.text).toContain('Policies: "MFA for all"');
    expect(JSON.stringify(card)).not.toMatch(/ada|ben/);
  });
});
