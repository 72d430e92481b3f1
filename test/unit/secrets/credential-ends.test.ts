import { describe, expect, it } from '@jest/globals';
import { credentialEnds } from '../../../src/domain/secrets/credential-ends.ts';
import type { Credential, WatchedApplication } from '../../../src/domain/secrets/credentials.ts';

const NOW = new Date('2026-11-25T12:00:00.000Z');

function application(number: number, ...endsAt: string[]): WatchedApplication {
  return {
    objectId: `object-${number}`,
    clientId: `client-${number}`,
    displayName: 'the shop of Ada',
    uniqueName: null,
    tags: ['shop'],
    purpose: { of: 'other' },
    inUse: 'unknown',
    credentials: endsAt.map(
      (end, at): Credential => ({
        keyId: `key-${number}-${at}`,
        kind: 'secret',
        name: 'of Ben',
        hint: 'abc',
        startsAt: '2026-01-01T00:00:00.000Z',
        endsAt: end,
      }),
    ),
  };
}

describe('the ends of the watched credentials', () => {
  it('are told soonest first, each credential by itself, without a word that somebody typed', () => {
    const ends = credentialEnds(
      [
        application(1, '2027-05-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'),
        application(2, '2027-01-01T00:00:00.000Z'),
      ],
      NOW,
    );
    expect(ends.soonest.map(({ keyId }) => keyId)).toEqual(['key-1-1', 'key-2-0', 'key-1-0']);
    expect(JSON.stringify(ends)).not.toMatch(/Ada|Ben|abc|shop/);
  });

  it('leave out those whose end nobody would feel', () => {
    const inUse = { ...application(1, '2026-12-01T00:00:00.000Z', '2027-05-01T00:00:00.000Z') };
    const ends = credentialEnds(
      [
        { ...inUse, inUse: { keyId: 'key-1-1' } },
        { ...application(2, '2026-12-01T00:00:00.000Z'), inUse: 'none' },
      ],
      NOW,
    );
    expect(ends).toMatchObject({ count: { other: 1 }, soonest: [{ keyId: 'key-1-1' }] });
  });

  it('are at most a thousand, the next ones, of a tenant whose ten thousand applications are all watched', () => {
    const day = (number: number) => new Date(NOW.getTime() + number * 86_400_000).toISOString();
    const all = Array.from({ length: 10_000 }, (_, number) => application(number, day(10_000 - number)));
    const { count, soonest } = credentialEnds(all, NOW);
    expect(count.other).toBe(10_000);
    expect(soonest).toHaveLength(1_000);
    expect(soonest[0]?.endsAt).toBe(day(1));
    expect(soonest.at(-1)?.endsAt).toBe(day(1_000));
  });
});
