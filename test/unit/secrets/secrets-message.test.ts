import { describe, expect, it } from '@jest/globals';
import { validateMessage } from '../../../sandbox/slack/block-kit/validate.ts';
import type { CredentialRow } from '../../../src/operations/secrets/list-credentials.ts';
import { secretsCsv, secretsMessage } from '../../../src/slack/secrets/secrets-message.ts';

const NOW = new Date('2026-11-23T10:00:00Z');

function row(index: number, change: Partial<CredentialRow> = {}): CredentialRow {
  const endsAt = new Date(NOW.getTime() + (index + 14) * 86_400_000).toISOString();
  return {
    application: 'kasten-service',
    clientId: `client-${index}`,
    purpose: { of: 'cluster', cluster: `cluster-${index}` },
    credential: {
      keyId: `k${index}`,
      kind: 'secret',
      name: null,
      hint: 'abc',
      startsAt: NOW.toISOString(),
      endsAt,
    },
    use: 'in use',
    ...change,
  };
}

const rows = (count: number) => Array.from({ length: count }, (_, index) => row(index));

describe('the table of secrets', () => {
  it('says of each when it ends, how many days are left, whose it is, how it begins and whether it is in use', () => {
    const table = JSON.stringify(secretsMessage([row(0), row(1, { use: 'not in use' })], NOW, 'UTC').blocks);
    expect(table).toMatch(/2026-12-07 {5}14 d {2}kasten-service \(cluster-0\) +secret abc\.\.\. +in use/);
    expect(table).toMatch(/2026-12-08 {5}15 d {2}kasten-service \(cluster-1\) +secret abc\.\.\. +not in use/);
  });

  it('counts days in the configured time zone', () => {
    const endsAt = '2026-12-07T22:00:00Z';
    const late = row(0, { credential: { ...row(0).credential, endsAt } });
    const table = JSON.stringify(secretsMessage([late], NOW, 'Pacific/Auckland').blocks);
    expect(table).toMatch(/2026-12-08 {5}15 d/);
  });

  it('fits into a message for thirty, and says of more that a file holds all', () => {
    const few = secretsMessage(rows(30), NOW, 'UTC');
    expect(validateMessage(few)).toEqual([]);
    const all = JSON.stringify(few.blocks);
    expect(all).toContain('cluster-29');
    expect(all).not.toMatch(/file/);
    expect(few.text).toContain('cluster-29');
    const many = secretsMessage(rows(50), NOW, 'UTC');
    expect(validateMessage(many)).toEqual([]);
    expect(JSON.stringify(many.blocks)).toContain('all 50 are in a file that I sent you directly');
    expect(secretsCsv(rows(50)).trim().split('\r\n')).toHaveLength(51);
  });

  it('is made sense of by a screen reader, and shows hostile names as text', () => {
    const hostile = row(0, { application: '<!channel>```\n*x*', purpose: { of: 'other' } });
    const shown = secretsMessage([hostile], NOW, 'UTC');
    expect(shown.text).toMatch(
      /^1 secret or certificate watched\. .*: a secret, in use, ends in 14 days, <!date\^/,
    );
    expect(shown.text + JSON.stringify(shown.blocks)).not.toMatch(/<!channel>/);
    expect(JSON.stringify(shown.blocks).match(/```/g)).toHaveLength(2);
    expect(secretsCsv([row(0, { application: '=HYPERLINK("x")' })])).toContain(`"'=HYPERLINK(""x"")"`);
  });

  it('says what to do where there is none', () => {
    expect(secretsMessage([], NOW, 'UTC').text).toContain('/kasten setup');
  });
});
