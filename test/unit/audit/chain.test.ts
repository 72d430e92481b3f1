import { describe, expect, it } from '@jest/globals';
import { type AuditEntry, type ChainCheck, chainEntry, checkChain } from '../../../src/domain/audit/audit.ts';
import { auditKeys } from '../../../src/domain/audit/audit-key.ts';
import { Secret } from '../../../src/domain/secret.ts';

const [FIRST, SECOND] = ['first key '.repeat(4), 'second key '.repeat(4)].map((text) => new Secret(text));
const PLAIN = auditKeys();
const KEYED = auditKeys(FIRST);
const ROTATED = auditKeys(SECOND, FIRST && [FIRST]);
const START = Date.parse('2026-11-23T10:00:00Z');
const HOUR = 60;

/** A chain in which each entry is written at a minute after the start, by a process with these keys. */
function chain(...entries: readonly (readonly [minute: number, keys: typeof PLAIN])[]): AuditEntry[] {
  const written: AuditEntry[] = [];
  for (const [minute, { current }] of entries) {
    const event = { action: 'request.created', actor: 'U0ASKER', detail: { b: 1, a: [2] } };
    const at = new Date(START + minute * 60_000).toISOString();
    written.push(chainEntry(event, at, written.at(-1), current));
  }
  return written;
}

const check = (entries: readonly AuditEntry[], keys = PLAIN, minute = 24 * HOUR): Promise<ChainCheck> =>
  checkChain(entries, { keys, anchors: [], now: new Date(START + minute * 60_000) });

const replaced = (entries: readonly AuditEntry[], at: number, change: Partial<AuditEntry>): AuditEntry[] =>
  entries.map((entry, index) => (index === at ? { ...entry, ...change } : entry));

describe('the audit chain', () => {
  it('holds when no entry was changed, however the keys were ordered in storage', async () => {
    const [first, ...others] = chain([0, PLAIN], [1, PLAIN], [2, PLAIN]);
    const stored = [{ ...first, detail: { a: [2], b: 1 } } as AuditEntry, ...others];
    expect(await check(stored)).toMatchObject({ intact: true, entries: 3 });
    expect(await check(stored)).not.toHaveProperty('keyed');
  });

  it('names the entry that was changed, and the place where one is missing or was moved', async () => {
    for (const keys of [PLAIN, KEYED]) {
      const entries = chain([0, keys], [1, keys], [2, keys]);
      expect(await check(replaced(entries, 1, { actor: 'U0DAN' }), keys)).toMatchObject({
        intact: false,
        sequence: 2,
      });
      const [first, second, third] = entries as [AuditEntry, AuditEntry, AuditEntry];
      expect(await check([first, third], keys)).toMatchObject({ intact: false, sequence: 2 });
      const moved = [first, { ...third, sequence: 2 }, { ...second, sequence: 3 }];
      expect(await check(moved, keys)).toMatchObject({ intact: false, sequence: 2 });
    }
  });

  it('says since when it is keyed, and still verifies what was written before', async () => {
    const entries = chain([0, PLAIN], [1, PLAIN], [2, KEYED], [3, KEYED]);
    expect(await check(entries, KEYED)).toMatchObject({
      intact: true,
      entries: 4,
      keyed: { fromSequence: 3, since: '2026-11-23T10:02:00.000Z', keyId: KEYED.current?.id },
    });
    expect(await check(replaced(entries, 0, { actor: 'U0DAN' }), KEYED)).toMatchObject({ sequence: 1 });
  });

  it('shows an entry that was computed anew without the key, or with another', async () => {
    const entries = chain([0, KEYED], [1, KEYED], [2, KEYED]);
    const [, second] = entries as [AuditEntry, AuditEntry, AuditEntry];
    const { keyId, ...stripped } = second;
    const forged = { ...stripped, hash: chain([0, PLAIN], [1, PLAIN])[1]?.hash ?? '' };
    expect(await check([...entries.slice(0, 1), forged], KEYED)).toMatchObject({ sequence: 2 });
    const other = chain([0, auditKeys(SECOND)]);
    expect(await check(other, KEYED)).toMatchObject({
      sequence: 1,
      problem: expect.stringContaining('KASTELLAN_AUDIT_OLD_KEYS'),
    });
    const named = other.map((entry) => ({ ...entry, keyId: keyId ?? '' }));
    expect(await check(named, KEYED)).toMatchObject({ sequence: 1, problem: 'its content was changed' });
  });

  it('shows entries without a key behind those that have one, also when others follow them', async () => {
    const added = chain([0, KEYED], [5 * HOUR, KEYED], [6 * HOUR, PLAIN]);
    expect(await check(added, KEYED)).toMatchObject({ intact: false, sequence: 3 });
    const covered = chain([0, KEYED], [1, PLAIN], [2, PLAIN], [5 * HOUR, KEYED]);
    expect(await check(covered, KEYED)).toMatchObject({ intact: false, sequence: 2 });
  });

  it('takes a time that such an entry gives itself for nothing', async () => {
    const backdated = chain([0, KEYED], [5 * HOUR, KEYED], [1, PLAIN]);
    expect(await check(backdated, KEYED)).toMatchObject({ intact: false, sequence: 3 });
  });

  it('lets processes without the key, or with the earlier one, go on for an hour beside those that have it', async () => {
    const entries = chain([0, PLAIN], [1, KEYED], [2, PLAIN], [3, KEYED], [5 * HOUR, KEYED]);
    expect(await check(entries, KEYED)).toMatchObject({ intact: true, keyed: { fromSequence: 4 } });
    const rotated = chain([0, KEYED], [5 * HOUR, ROTATED], [5 * HOUR + 1, KEYED], [5 * HOUR + 2, ROTATED]);
    expect(await check(rotated, ROTATED)).toMatchObject({
      intact: true,
      keyed: { fromSequence: 1, keyId: ROTATED.current?.id },
    });
    expect(await check(entries.slice(0, 3), KEYED, 10)).toMatchObject({ intact: true });
  });

  it('shows an entry with an earlier key after that hour: whoever has that key cannot go on with it', async () => {
    const entries = chain([0, KEYED], [HOUR, ROTATED], [5 * HOUR, KEYED], [6 * HOUR, ROTATED]);
    expect(await check(entries, ROTATED)).toMatchObject({ intact: false, sequence: 3 });
  });
});
