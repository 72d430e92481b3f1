import { describe, expect, it } from '@jest/globals';
import { type AccessPolicy, mfaAnswer } from '../../../src/domain/status/mfa.ts';

const ABOUT = { clientId: 'client', groupIds: ['g1'] };

function policy(changed: Partial<AccessPolicy> = {}): AccessPolicy {
  return {
    name: 'MFA for all',
    state: 'enabled',
    includeApplications: ['All'],
    excludeApplications: [],
    filtersApplications: false,
    allUsers: true,
    includeGroups: [],
    excludeGroups: [],
    otherIncludes: 0,
    otherExcludes: 0,
    conditions: [],
    demands: 'mfa',
    ...changed,
  };
}

function answer(...policies: AccessPolicy[]) {
  return mfaAnswer({ policies, securityDefaults: false }, ABOUT);
}

describe('whether a second factor is demanded', () => {
  it('is yes where a policy for all people and this application says so', () => {
    expect(answer(policy())).toEqual({
      demanded: 'yes',
      because: 'the policy "MFA for all" demands it of everybody',
    });
    expect(answer(policy({ includeApplications: ['CLIENT'] })).demanded).toBe('yes');
    expect(answer(policy({ allUsers: false, includeGroups: ['g1'] })).demanded).toBe('yes');
  });

  it.each<[string, Partial<AccessPolicy>, RegExp]>([
    ['some people only', { allUsers: false, otherIncludes: 3 }, /is for some people only/],
    ['exceptions', { otherExcludes: 1 }, /leaves out 1 exception/],
    ['a group for K10 left out', { excludeGroups: ['g1'] }, /leaves out 1 of the groups for K10/],
    ['conditions', { conditions: ['places', 'platforms'] }, /holds only for certain places and platforms/],
    ['another control that is enough', { demands: 'mfa-or-other' }, /satisfied by something else/],
    [
      'a filter of applications',
      { includeApplications: [], filtersApplications: true },
      /cannot be seen into/,
    ],
  ])('is partly where the policy has a gap: %s', (_gap, changed, words) => {
    const seen = answer(policy(changed));
    expect(seen.demanded).toBe('partly');
    expect(seen.because).toMatch(words);
  });

  it.each<[string, Partial<AccessPolicy>]>([
    ['is off', { state: 'disabled' }],
    ['is for another application', { includeApplications: ['other'] }],
    ['leaves this application out', { excludeApplications: ['client'] }],
    ['demands a device only', { demands: 'other' }],
  ])('is no where the only policy %s, with what cannot be seen', (_why, changed) => {
    expect(answer(policy(changed))).toEqual({
      demanded: 'no',
      because: expect.stringMatching(/person by person cannot be seen/),
    });
  });

  it('says of a policy that only reports that it demands nothing yet', () => {
    expect(answer(policy({ state: 'reporting' })).because).toContain('would demand it, but only reports');
  });

  it('is no more than partly by security defaults, which ask when they see a need', () => {
    const seen = mfaAnswer({ policies: [], securityDefaults: true }, ABOUT);
    expect(seen).toMatchObject({ demanded: 'partly', because: expect.stringContaining('security defaults') });
  });
});
