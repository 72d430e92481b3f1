import { describe, expect, it } from '@jest/globals';
import { objectionMessage, resumeMessage, withdrawMessage } from '../../../src/slack/requests/objections.ts';
import { problemsAtFields } from '../../../src/slack/setup/setup-modal.ts';
import { PEOPLE, request } from '../../support/card-views.ts';
import { RULES } from '../../support/memory-world.ts';

const RULE = RULES.approvals.setup;
const AT = '2026-11-23T14:02:00.000Z';
const NOW = new Date('2026-11-24T16:02:00.000Z');

describe('a click that cannot count', () => {
  it('is told who decided, when and why', () => {
    const denied = request('denied', {
      decisions: [{ by: PEOPLE.approver, verdict: 'deny', at: AT, reason: 'not before the freeze ends' }],
    });
    expect(objectionMessage({ kind: 'already-decided', request: denied }, RULE).text).toMatch(
      /^<@U0APPROVER> denied this <!date\^.*>: not before the freeze ends$/,
    );
    const running = request('running', { decisions: [{ by: PEOPLE.approver, verdict: 'approve', at: AT }] });
    expect(objectionMessage({ kind: 'already-decided', request: running }, RULE).text).toMatch(
      /^<@U0APPROVER> approved this <!date.*>\. It is running\.$/,
    );
  });

  it('is told who may decide', () => {
    expect(objectionMessage({ kind: 'not-an-approver' }, RULE).text).toBe(
      'Only members of @kasten-approvers can decide on this. Ask there if it is urgent.',
    );
  });

  it('is told why nothing is withdrawn or rolled back', () => {
    const why = { withdrawn: false, why: 'not-asker', request: request('pending') } as const;
    expect(withdrawMessage(why)?.text).toContain('Only <@U0ASKER>, who asked, can withdraw this.');
    const late = { resumed: false, why: 'too-late', request: request('done'), rule: RULE } as const;
    expect(resumeMessage(late, NOW)?.text).toContain('Somebody was faster.');
    expect(resumeMessage({ resumed: true, request: request('running') }, NOW)).toBeUndefined();
  });
});

describe('a retry after the deadline', () => {
  it('is answered with the age of the approval and what to do', () => {
    const approved = { by: PEOPLE.approver, verdict: 'approve', at: AT } as const;
    const asked = request('failed', { decisions: [approved], expiresAt: '2026-11-24T14:00:00.000Z' });
    const old = { resumed: false, why: 'too-old', request: asked, rule: RULE } as const;
    expect(resumeMessage(old, NOW)?.text).toMatch(
      /Its approval is 1 d 2 h old\. Nothing was changed\. Ask again with \/kasten setup prod-eu\./,
    );
  });
});

describe('a mistake in the form', () => {
  it('stands at its field, or at the nearest one that is shown', () => {
    const shown = new Set(['cluster', 'dashboardUrl', 'levels', 'group:admin', 'secretLifetimeDays']);
    expect(
      problemsAtFields(
        [
          { field: 'dashboardUrl', message: 'No.' },
          { field: 'members:admin', message: 'Bo is a bot.' },
          { field: 'members:other', message: 'Unknown.' },
          { field: 'prompt', message: 'Wrong.' },
          { field: 'scopes', message: 'Wrong, too.' },
        ],
        shown,
      ),
    ).toEqual({
      dashboardUrl: 'No.',
      'group:admin': 'members:admin: Bo is a bot.',
      levels: 'members:other: Unknown.',
      secretLifetimeDays: 'prompt: Wrong. scopes: Wrong, too.',
    });
  });
});
