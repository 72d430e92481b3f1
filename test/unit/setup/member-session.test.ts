import { describe, expect, it } from '@jest/globals';
import { memberSession } from '../../../src/domain/setup/member-session.ts';
import { setupSpec } from '../../support/setup-samples.ts';

const person = { objectId: 'o-1', userPrincipalName: 'ada@contoso.example' };
const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
const spec = (usernameClaim: string, usernamePrefix = 'entra_') => {
  const usual = setupSpec();
  return { ...usual, signIn: { ...usual.signIn, usernameClaim, usernamePrefix } };
};

describe('What K10 makes of the token of a member', () => {
  it('is the groups with their prefix, the allow list applied, and what every signed-in user is in', () => {
    const [first = '', second = ''] = ids(2);
    const auth = { groupAllowList: [`kasten_azure_${second}`] };
    expect(memberSession(setupSpec(), auth, person, [first, second])).toMatchObject({
      groups: [`kasten_azure_${second}`, 'system:authenticated'],
    });
  });

  it.each([
    ['oid', 'entra_', 'entra_o-1'],
    ['preferred_username', '-', 'ada@contoso.example'],
    ['upn', '', `${setupSpec().providerUrl}#ada@contoso.example`],
    // Entra makes another one for each application.
    ['sub', 'entra_', undefined],
  ])('has the user name of the claim %s with the prefix "%s"', (claim, prefix, user) => {
    expect(memberSession(spec(claim, prefix), {}, person, [])).toMatchObject({ user });
  });

  it('is nothing where Entra leaves the groups out', () => {
    expect(memberSession(setupSpec(), {}, person, ids(201))).toEqual({
      problem: expect.stringMatching(/more than 200, and this account is in 201 .*ApplicationGroup/),
    });
  });

  it('is nothing where the session would be larger than K10 takes, which a list makes smaller', () => {
    const many = ids(80);
    expect(memberSession(setupSpec(), {}, person, many)).toEqual({
      problem: expect.stringMatching(/more than 4 KB, and 80 groups need at least 5\d\d\d bytes/),
    });
    const auth = { groupAllowList: [`kasten_azure_${many[3]}`] };
    expect(memberSession(setupSpec(), auth, person, many)).toMatchObject({ groups: { length: 2 } });
  });
});
