import { describe, expect, it } from '@jest/globals';
import { type AuditEntry, chainEntry, checkChain } from '../../../src/domain/audit/audit.ts';
import { auditKeys } from '../../../src/domain/audit/audit-key.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { auditFindings } from '../../../src/operations/audit/audit-key.ts';
import type { LogVerification } from '../../../src/operations/audit/verify-log.ts';
import { auditMessage } from '../../../src/slack/audit/verify-message.ts';

const NOW = new Date('2026-11-23T12:00:00Z');
const AT = '2026-11-23T10:00:00Z';
const KEYS = auditKeys(new Secret('a key that only the processes have'));

function chain(actor: string, keys: typeof KEYS): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const action of ['request.created', 'request.approved'])
    entries.push(chainEntry({ action, actor }, AT, entries.at(-1), keys.current));
  return entries;
}

/** The log that a person who writes into Redis put in place of a keyed one, sealed by Kastellan's next entry. */
function replacedFromTheFirst(): AuditEntry[] {
  const forged = chain('U0INNOCENT', auditKeys());
  const begun = { action: 'audit.key-begun', actor: 'kastellan' };
  return [...forged, chainEntry(begun, NOW.toISOString(), forged.at(-1), KEYS.current)];
}

const said = (verification: LogVerification) => auditMessage(verification).text;

describe('an audit log that was replaced from entry 1 on', () => {
  it('looks intact to the key alone, and the check says that this does not show without an anchor', async () => {
    const check = await checkChain(replacedFromTheFirst(), { keys: KEYS, anchors: [], now: NOW });
    expect(check).toMatchObject({ intact: true, keyed: { fromSequence: 3 } });
    expect(said({ ...check, anchors: [] })).toMatch(/Not anchored.*replaced from entry 1 on/s);
    expect(said({ ...check, anchors: [{ by: 'file a' }] })).toMatch(
      /no anchor yet.*replaced from entry 1 on/s,
    );
  });

  it('is found by an anchor from before, and the check says from when on that holds', async () => {
    const [, newest] = chain('U0ASKER', KEYS);
    if (newest === undefined) throw new Error('There is none.');
    const anchor = { sequence: 2, hash: newest.hash, at: AT };
    const anchors = [{ ...anchor, by: 'file a' }];
    const check = await checkChain(replacedFromTheFirst(), { keys: KEYS, anchors, now: NOW });
    expect(check).toMatchObject({ intact: false, sequence: 2 });
    const span = { from: anchor, to: anchor };
    expect(said({ ...check, anchors: [{ by: 'file a', span }] })).toContain(
      'What a person replaced in Redis before that does not show.',
    );
  });
});

describe('what the doctor finds of the audit log', () => {
  it('is bad where a key is set and nothing is anchored, and says what is possible', async () => {
    expect(await auditFindings('key', [])).toMatchObject([
      { subject: 'Audit key', verdict: 'good' },
      { subject: 'Audit anchors', verdict: 'bad', detail: expect.stringContaining('from entry 1 on') },
    ]);
    expect(await auditFindings(undefined, [])).toMatchObject([
      { verdict: 'optional' },
      { subject: 'Audit anchors', verdict: 'optional' },
    ]);
  });
});
