import { describe, expect, it } from '@jest/globals';
import {
  type Credential,
  credentialId,
  credentialsThatMatter,
  keyWithHint,
  newerThan,
  type WatchedApplication,
} from '../../../src/domain/secrets/credentials.ts';

const NOW = new Date('2026-12-01T12:00:00Z');

function secret(keyId: string, startsAt: string, endsAt: string): Credential {
  return { keyId, kind: 'secret', name: null, hint: keyId, startsAt, endsAt };
}

const OLD = secret('old', '2026-06-01T00:00:00Z', '2026-12-07T00:00:00Z');
const NEW = secret('new', '2026-11-01T00:00:00Z', '2027-05-01T00:00:00Z');
const OVER = secret('over', '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z');

function application(
  credentials: readonly Credential[],
  inUse: WatchedApplication['inUse'] = 'unknown',
): WatchedApplication {
  return {
    objectId: 'o',
    clientId: 'c',
    displayName: 'kasten-service',
    uniqueName: null,
    tags: [],
    purpose: { of: 'other' },
    credentials,
    inUse,
  };
}

const matter = (watched: WatchedApplication): string[] =>
  credentialsThatMatter(watched, NOW).map(({ keyId }) => keyId);

describe('the credentials whose end somebody would feel', () => {
  it('are the one in use, also when a newer one lies ready that nobody took over', () => {
    expect(matter(application([OLD, NEW], { keyId: 'old' }))).toEqual(['old']);
  });

  it('are none where the one in use is known to be somewhere else', () => {
    expect(matter(application([OLD, NEW], 'none'))).toEqual([]);
    expect(matter(application([OLD], { keyId: 'gone' }))).toEqual([]);
  });

  it('are all where nobody knows, except those that ended and have a successor', () => {
    expect(matter(application([OVER, OLD, NEW]))).toEqual(['old', 'new']);
    expect(matter(application([OVER]))).toEqual(['over']);
  });
});

describe('a successor', () => {
  it('began later and lasts longer, and is of the same kind', () => {
    expect(newerThan(OLD, [OVER, OLD, NEW])).toBe(NEW);
    expect(newerThan(NEW, [OVER, OLD, NEW])).toBeUndefined();
    expect(newerThan(OLD, [{ ...NEW, kind: 'certificate' }])).toBeUndefined();
  });
});

describe('the key in use', () => {
  it('is known by its hint where only one has it', () => {
    expect(keyWithHint([OLD, NEW], 'secret', 'new')).toEqual({ keyId: 'new' });
    expect(keyWithHint([OLD, NEW], 'secret', 'abc')).toBe('unknown');
    expect(keyWithHint([OLD, NEW], 'certificate', 'new')).toBe('unknown');
    expect(keyWithHint([{ ...OLD, hint: 'new' }, NEW], 'secret', 'new')).toBe('unknown');
  });

  it('has the same name in every process, and another one in another application', () => {
    expect(credentialId({ clientId: 'a' }, 'k')).toBe(credentialId({ clientId: 'a' }, 'k'));
    expect(credentialId({ clientId: 'a' }, 'k')).not.toBe(credentialId({ clientId: 'b' }, 'k'));
    expect(credentialId({ clientId: 'a' }, 'k')).toMatch(/^[0-9a-f]{12}$/);
  });
});
