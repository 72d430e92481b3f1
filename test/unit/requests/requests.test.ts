import { describe, expect, it } from '@jest/globals';
import { planAccess } from '../../../src/domain/access/access-plan.ts';
import { KastellanError } from '../../../src/domain/errors.ts';
import { type EntraPerson, matchPerson, type SlackPerson } from '../../../src/domain/person.ts';
import { redact } from '../../../src/domain/redaction.ts';
import { accountObjection, approvalCount, objectionTo } from '../../../src/domain/requests/policy.ts';
import { advance, isFinal } from '../../../src/domain/requests/request.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { NOW, pendingRequest } from '../../support/setup-samples.ts';

const AT = NOW.toISOString();
const APPROVERS = new Set(['U0BEN', 'U0CLEO', 'U0ASKER']);

describe('a request', () => {
  it('goes forward with a new version each time', () => {
    const approved = advance(pendingRequest(), 'approved', AT);
    expect(approved).toMatchObject({ state: 'approved', version: 3, changedAt: AT });
  });

  it.each(['done', 'denied', 'withdrawn', 'expired', 'undone', 'refused'] as const)(
    'never leaves %s again',
    (state) => {
      const ended = pendingRequest({ state });
      expect(isFinal(state)).toBe(true);
      expect(() => advance(ended, 'running', AT)).toThrow(KastellanError);
      expect(() => advance(ended, 'pending', AT)).toThrow(/cannot become/);
    },
  );

  it('loses what is set to undefined', () => {
    const failure = { code: 'x', message: 'x', reference: 'x' };
    const failed = pendingRequest({ state: 'failed', failure });
    expect(advance(failed, 'running', AT, { failure: undefined })).not.toHaveProperty('failure');
  });
});

describe('a decision', () => {
  it('is never taken by the asker, even if they are an approver', () => {
    expect(objectionTo(pendingRequest(), 'U0ASKER', APPROVERS)).toEqual({ kind: 'own-request' });
  });

  it('is taken by approvers only', () => {
    expect(objectionTo(pendingRequest(), 'U0DAN', APPROVERS)).toEqual({ kind: 'not-an-approver' });
    expect(objectionTo(pendingRequest(), 'U0BEN', APPROVERS)).toBeUndefined();
  });

  it('comes too late once somebody else has decided', () => {
    const denied = pendingRequest({ state: 'denied' });
    expect(objectionTo(denied, 'U0BEN', APPROVERS)).toEqual({ kind: 'already-decided', request: denied });
  });

  it('counts once per person', () => {
    const decision = { by: 'U0BEN', verdict: 'approve', at: AT } as const;
    const once = pendingRequest({ required: 2, decisions: [decision] });
    expect(objectionTo(once, 'U0BEN', APPROVERS)).toEqual({ kind: 'decided-before', decision });
    expect(approvalCount({ ...once, decisions: [decision, decision] })).toBe(1);
  });

  it('counts once per Entra account, under whatever Slack account it was taken', () => {
    const accounts = [{ objectId: 'e-ben', name: 'Ben' }];
    const decisions = ['U0BEN', 'U0BEN2'].map(
      (by) => ({ by, verdict: 'approve', at: AT, accounts }) as const,
    );
    expect(approvalCount({ decisions })).toBe(1);
  });

  it('is not taken by a person who gets in for good by it, under whatever Slack account', () => {
    const ben = { objectId: 'e-ben', name: 'Ben' };
    const { plan = { changes: [], notes: [] } } = pendingRequest();
    const request = pendingRequest({ plan: { ...plan, newMembers: [{ ...ben, slackUserId: 'U0BEN' }] } });
    expect(objectionTo(request, 'U0BEN', APPROVERS)).toEqual({ kind: 'own-membership' });
    expect(objectionTo(request, 'U0CLEO', APPROVERS)).toBeUndefined();
    const nobody = { asker: [], beneficiary: [] };
    expect(accountObjection(request, nobody, [{ objectId: 'e-spare', name: 'Spare' }, ben])).toMatchObject({
      kind: 'same-account',
      as: 'member',
      account: ben,
    });
    expect(accountObjection(request, nobody, [{ objectId: 'e-cleo', name: 'Cleo' }])).toBeUndefined();
  });

  it('is not taken by the person whose account the plan gives access to, whatever was looked up since', () => {
    const ben = { objectId: 'e-ben', name: 'Ben' };
    const plan = planAccess(
      { level: 'admin', beneficiary: 'U0ADA', durationMs: 3_600_000, reason: 'restore shop-db' },
      {
        person: ben,
        group: { objectId: 'g', displayName: 'Kasten Users' },
        alsoOn: [],
        description: 'all of K10',
      },
    );
    const since = { asker: [], beneficiary: [{ objectId: 'e-ada', name: 'Ada' }] };
    const request = pendingRequest({ plan });
    expect(accountObjection(request, since, [ben])).toEqual({
      kind: 'same-account',
      as: 'beneficiary',
      account: ben,
    });
  });
});

describe('a Slack person in Entra', () => {
  const slack: SlackPerson = {
    id: 'U1',
    name: 'Ada',
    email: 'ada@example.com',
    emailConfirmed: true,
    kind: 'member',
  };
  const entra: EntraPerson = {
    objectId: 'o',
    name: 'Ada',
    userPrincipalName: 'ada@example.com',
    enabled: true,
    guest: false,
  };

  it('is the one account with exactly that address', () => {
    expect(matchPerson(slack, [entra])).toEqual({ ok: true, person: entra });
  });

  it.each([
    [{ ...slack, emailConfirmed: false }, [entra], 'not confirmed'],
    [{ ...slack, kind: 'guest' as const }, [entra], 'guest'],
    [{ ...slack, kind: 'stranger' as const }, [entra], 'another company'],
    [{ ...slack, kind: 'bot' as const }, [entra], 'bot'],
    [{ ...slack, kind: 'deleted' as const }, [entra], 'deactivated'],
    [{ ...slack, email: undefined }, [entra], 'does not show'],
    [slack, [], 'no account in Entra'],
    [slack, [entra, { ...entra, objectId: 'p' }], '2 Entra accounts'],
    [slack, [{ ...entra, enabled: false }], 'disabled'],
    [slack, [{ ...entra, guest: true }], 'guest'],
  ])('is refused with a reason otherwise: %#', (person, found, reason) => {
    const match = matchPerson(person, found);
    expect(match.ok ? '' : match.problem).toContain(reason);
  });
});

describe('secrets', () => {
  it('show themselves nowhere but where they are asked for', () => {
    const secret = new Secret('canary-value');
    expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('canary-value');
    expect(secret.reveal()).toBe('canary-value');
  });

  it('are cut out of errors, their hints and their causes', () => {
    const error = new KastellanError({
      code: 'x',
      message: 'Entra refused canary-value',
      hint: 'client_secret=canary-value',
      cause: new Error('sent canary-value'),
      secrets: ['canary-value'],
    });
    expect(JSON.stringify([error.message, error.hint, error.cause])).not.toContain('canary-value');
  });

  it.each([
    'Authorization: Bearer abcdefghijklmnop',
    'xoxb-123456789-abc',
    'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3.c2lnbmF0dXJl',
    'redis://user:p4ssw0rd@host:6379',
    '{"client_secret":"p4ssw0rd"}',
  ])('are recognised by their shape: %s', (text) => {
    expect(redact(text)).toContain('[hidden]');
    expect(redact(text)).not.toMatch(/p4ssw0rd|abcdefghijklmnop|123456789|c2lnbmF0dXJl/);
  });
});
