import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AuditEntry, chainEntry } from '../../../src/domain/audit/audit.ts';
import { auditCsv } from '../../../src/slack/audit/audit-csv.ts';
import { storyMessage } from '../../../src/slack/audit/story-message.ts';
import { accessRequest, endedGrant } from '../../support/access-views.ts';

const AT = '2026-11-23T14:00:00.000Z';

function entries(...events: Parameters<typeof chainEntry>[0][]): AuditEntry[] {
  const chain: AuditEntry[] = [];
  for (const event of events) chain.push(chainEntry(event, AT, chain.at(-1)));
  return chain;
}

describe('the audit log as a file', () => {
  it('has a line for each entry, the oldest first, with the hash it has in the log', () => {
    const log = entries(
      { action: 'request.created', actor: 'U0ADA', requestId: '4t7wq0ab', cluster: 'prod-eu' },
      { action: 'request.denied', actor: 'U0BEN', detail: { reason: 'say "please", then' } },
    );
    const lines = auditCsv(log.toReversed(), new Map([['U0ADA', 'Ada']])).split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toBe(
      `"1","${AT}","request.created","U0ADA","Ada","4t7wq0ab","prod-eu","","${log[0]?.hash}"`,
    );
    expect(lines[2]).toContain('"{""reason"":""say \\""please\\"", then""}"');
  });

  it('holds nothing that a spreadsheet takes for a formula, whatever was typed', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('=1+1', '@SUM(A1)', '+1', '-1', '\t=1', '\r=1'),
    );
    fc.assert(
      fc.property(text, text, (typed, name) => {
        const log = entries({ action: typed, actor: typed, requestId: typed, cluster: typed });
        const cells = auditCsv(log, new Map([[typed, name]])).matchAll(/"((?:[^"]|"")*)"/g);
        for (const [, cell = ''] of cells) expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
  });
});

describe('the story of access', () => {
  it('says who asked, decided, and lost it, in the order in which it happened', () => {
    const log = entries(
      { action: 'request.created', actor: 'U0ADA', detail: { durationMs: 7_200_000 } },
      { action: 'click.refused', actor: 'U0ADA', detail: { verdict: 'approve', why: 'own-request' } },
      {
        action: 'request.approved',
        actor: 'U0BEN',
        detail: { durationMs: 3_600_000, reason: 'an hour will do' },
      },
      { action: 'grant.noted', actor: 'kastellan' },
      { action: 'grant.granted', actor: 'kastellan', detail: { endsAt: AT } },
      { action: 'grant.ended', actor: 'kastellan', detail: { membership: 'removed', lateMs: 120_000 } },
    );
    const told = storyMessage(
      '<@U0ADA>',
      {
        partly: false,
        stories: [{ request: accessRequest('done'), grant: endedGrant(), entries: log }],
        others: [],
      },
      true,
    );
    expect(told.text).toMatch(
      /^<@U0ADA>: 1 request for access\. <@U0ASKER>: \*admin\* on prod-eu, asked <!date.*, ended <!date/,
    );
    const shown = JSON.stringify(told.blocks);
    expect(shown).toContain('<@U0ADA> asked for 2 h');
    expect(shown).toContain('<@U0BEN> approved for 1 h: \\"an hour will do\\"');
    expect(shown).toContain('kastellan gave it, until <!date');
    expect(shown).toContain('kastellan saw it ended: out of the group, 2 min late');
    expect(shown).toContain('<@U0ADA> tried to approve it without effect: it was their own request');
    expect(shown).not.toContain('grant.noted');
  });
});
