import { describe, expect, it } from '@jest/globals';
import {
  type SecretPolicy,
  secretObstacle,
  secretWarning,
} from '../../../src/domain/secrets/secret-policy.ts';

const by = (forbiddenBy: SecretPolicy['forbiddenBy']): SecretPolicy => ({
  forbiddenBy,
  maxLifetimeDays: undefined,
});
const textOf = (policy: SecretPolicy, application: boolean): string => {
  const { message = '', hint = '' } = secretObstacle(policy, application) ?? {};
  return `${message} ${hint}`.trim();
};

describe('A tenant that forbids client secrets', () => {
  it('is no obstacle where no policy forbids them', () => {
    expect(textOf(by(undefined), true)).toBe('');
    expect(secretWarning(by(undefined), true)).toBeUndefined();
  });

  it('is told with what helps before the application exists: an exemption of Kastellan, no policy for the application', () => {
    const text = textOf(by({ policy: 'tenant default', certain: true }), false);
    expect(text).toMatch(
      /^Your tenant's app management policy forbids client secrets.*exempt Kastellan's own/,
    );
    expect(text).not.toContain('assign');
  });

  it('is told with a policy to assign once the application exists', () => {
    const text = textOf(by({ policy: 'tenant default', certain: true }), true);
    expect(text).toContain('assign a policy to this application in which the restriction passwordAddition');
  });

  it("names the application's own policy, and not the tenant's, where that one forbids", () => {
    const text = textOf(by({ policy: { name: 'No secrets' }, certain: true }), true);
    expect(text).toContain('The app management policy No secrets, which is assigned to this application,');
    expect(text).toContain('set the restriction passwordAddition of No secrets to disabled');
  });

  it('only warns where an exemption may apply that Kastellan cannot read', () => {
    const policy = by({ policy: 'tenant default', certain: false });
    expect(textOf(policy, false)).toBe('');
    expect(secretWarning(policy, false)).toContain('the policy may not apply to Kastellan');
  });
});
