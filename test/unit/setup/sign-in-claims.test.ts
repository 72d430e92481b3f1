import { describe, expect, it } from '@jest/globals';
import { claimProblems } from '../../../src/domain/setup/sign-in-claims.ts';

const fields = (scopes: string, usernameClaim = 'sub'): string[] =>
  claimProblems({ scopes, usernameClaim }).map(({ field }) => field);

describe('the scopes that K10 asks Entra for', () => {
  it.each(['openid', 'openid email', 'profile openid email offline_access'])('may be: %s', (scopes) => {
    expect(fields(scopes)).toEqual([]);
  });

  it.each([
    'groups profile email',
    'openid profile email groups',
    'openid User.Read',
    'openid https://graph.microsoft.com/.default',
    'openid  email',
    ' openid',
    'OpenID',
    'email',
    '',
  ])('are refused if Entra or K10 can do nothing with them: "%s"', (scopes) => {
    expect(fields(scopes)).toEqual(['scopes']);
  });

  it('are refused with where groups come from, if they ask for groups', () => {
    const [problem] = claimProblems({ scopes: 'openid groups', usernameClaim: 'sub' });
    expect(problem?.message).toContain('AADSTS650053');
    expect(problem?.message).toContain("the app's claim configuration");
  });
});

describe("the claim that names K10's users", () => {
  it.each([
    ['sub', 'openid'],
    ['oid', 'openid profile'],
    ['preferred_username', 'openid profile'],
    ['email', 'openid email'],
    // Somebody may have added it to the app as an optional claim.
    ['upn', 'openid'],
  ])('may be %s with the scopes %s', (claim, scopes) => {
    expect(fields(scopes, claim)).toEqual([]);
  });

  it.each(['oid', 'preferred_username', 'email'])('is refused if its scope is missing: %s', (claim) => {
    expect(fields('openid', claim)).toEqual(['usernameClaim']);
  });

  it.each(['groups', 'aud', 'tid', 'name', 'given_name', 'nonce'])(
    'is refused if it does not tell people apart: %s',
    (claim) => {
      expect(fields('openid profile email', claim)).toEqual(['usernameClaim']);
    },
  );

  it('is not blamed for scopes that are wrong themselves', () => {
    expect(fields('openid profile email groups', 'email')).toEqual(['scopes']);
    expect(fields('groups', 'aud')).toEqual(['scopes', 'usernameClaim']);
  });
});
