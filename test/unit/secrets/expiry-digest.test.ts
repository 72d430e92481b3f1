import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { validateMessage } from '../../../sandbox/slack/block-kit/validate.ts';
import type { Credential, WatchedApplication } from '../../../src/domain/secrets/credentials.ts';
import { digestDay } from '../../../src/domain/secrets/expiry.ts';
import { tidyUp } from '../../../src/domain/secrets/expiry-digest.ts';
import { digestCard } from '../../../src/slack/secrets/digest-card.ts';

const NOW = new Date('2026-11-23T10:00:00Z');
const RULES = { remindBefore: [30], dailyAfter: 30, at: 9 * 60, timeZone: 'UTC' };

function secret(keyId: string, startsAt: string, endsAt: string): Credential {
  return { keyId, kind: 'secret', name: null, hint: keyId, startsAt, endsAt };
}

const OVER = secret('ovr', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z');
const OLD = secret('old', '2026-06-01T00:00:00Z', '2026-12-07T00:00:00Z');
const NEW = secret('new', '2026-11-01T00:00:00Z', '2028-11-01T00:00:00Z');

function application(
  credentials: readonly Credential[],
  inUse: WatchedApplication['inUse'],
  change: Partial<WatchedApplication> = {},
): WatchedApplication {
  return {
    objectId: 'o',
    clientId: 'c',
    displayName: 'shop',
    uniqueName: null,
    tags: [],
    purpose: { of: 'other' },
    credentials,
    inUse,
    ...change,
  };
}

const found = (watched: WatchedApplication, allowedDays?: number, unowned: string[] = []): unknown[] =>
  tidyUp([watched], new Set(unowned), allowedDays, NOW).map(({ about, credential }) => [
    about,
    credential?.keyId,
  ]);

describe('what is to be tidied up', () => {
  it('is a secret that has ended and was not in use, and one that is good beside the one in use', () => {
    expect(found(application([OVER, OLD, NEW], { keyId: 'old' }))).toEqual([
      ['unused', 'ovr'],
      ['spare', 'new'],
    ]);
  });

  it('is every secret where none is in use', () => {
    expect(found(application([OLD], 'none'))).toEqual([['unused', 'old']]);
  });

  it('is the older of two where nobody knows which is in use, and what ended before them', () => {
    expect(found(application([OVER, OLD, NEW], 'unknown'))).toEqual([
      ['unused', 'ovr'],
      ['spare', 'old'],
    ]);
  });

  it('is not the one thing that is there, nor what is in use, nor anything of a cluster that cannot be seen', () => {
    expect(found(application([OLD], 'unknown'))).toEqual([]);
    expect(found(application([OLD], { keyId: 'old' }))).toEqual([]);
    expect(found(application([OVER], { keyId: 'ovr' }))).toEqual([]);
    expect(found(application([OLD, NEW], { keyId: 'new' }, { assumed: true }))).toEqual([]);
  });

  it('is a secret that lives longer than allowed, and an application nobody owns', () => {
    expect(found(application([NEW], { keyId: 'new' }), 365, ['o'])).toEqual([
      ['long', 'new'],
      ['unowned', undefined],
    ]);
    expect(found(application([NEW], { keyId: 'new' }), 731)).toEqual([]);
  });
});

describe('the digest', () => {
  it.each([
    ['2026-11-23T09:00:00Z', 1, '2026-11-23'],
    ['2026-11-23T08:59:00Z', 1, '2026-11-16'],
    ['2026-11-29T23:59:00Z', 1, '2026-11-23'],
    ['2026-11-26T12:00:00Z', 4, '2026-11-26'],
    ['2026-11-26T12:00:00Z', 7, '2026-11-22'],
  ])('at %s, for weekday %s, is the one of %s', (now, weekday, week) => {
    expect(digestDay(new Date(now), RULES, weekday)).toBe(week);
  });

  it('is the same all week, and another one every week', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 7 }), (day, weekday) => {
        const at = (more: number) => new Date(NOW.getTime() + (day + more) * 86_400_000);
        const weeks = Array.from({ length: 14 }, (_, more) => digestDay(at(more), RULES, weekday));
        expect([2, 3]).toContain(new Set(weeks).size);
        expect(digestDay(at(7), RULES, weekday)).not.toBe(digestDay(at(0), RULES, weekday));
      }),
    );
  });

  it('says of each what to do, and fits into a message however much there is', () => {
    const watched = Array.from({ length: 400 }, (_, index) =>
      application([OVER, OLD, NEW], { keyId: 'old' }, { displayName: `*app* <!channel> ${index}` }),
    );
    const items = tidyUp(watched, new Set(['o']), 180, NOW);
    const card = digestCard({ digest: { week: '2026-11-23', items } });
    expect(validateMessage(card)).toEqual([]);
    expect(card.text).toMatch(
      /^\d+ things to tidy up among secrets and certificates\. Secrets nobody uses: /,
    );
    const markup = card.blocks.map((block) => (block.type === 'section' ? block.text?.text : '')).join('\n');
    expect(markup).toContain('Secret `ovr...` of ∗app∗ &lt;!channel&gt; 0');
    expect(markup).toContain('in use is `old...`');
    expect(markup).toContain('731 days, 180 are allowed');
    expect(markup).toMatch(/\d+ more in \/kasten secrets/);
    expect(card.text).toMatch(/ and \d+ more, which \/kasten secrets shows\. Remove them in Entra/);
    expect(markup + card.text).not.toContain('<!channel>');
  });
});
