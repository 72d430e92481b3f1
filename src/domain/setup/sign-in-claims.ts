/**
 * The scopes that Entra knows for signing in, and what each is for.
 * @see https://learn.microsoft.com/entra/identity-platform/scopes-oidc
 */
const SIGN_IN_SCOPES = ['openid', 'profile', 'email', 'offline_access'];

/**
 * The claims of Entra's ID tokens that can name a user, and the scope without which each is missing.
 * @see https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
 */
const USER_CLAIMS = new Map([
  ['sub', 'openid'],
  ['oid', 'profile'],
  ['preferred_username', 'profile'],
  ['email', 'email'],
]);

/** Claims that say the same of several people, or another thing at each sign-in. */
const NO_USER_CLAIMS = new Set(
  'acct aio amr aud ctry exp family_name given_name groups iat idp iss name nbf nonce rh roles sid tenant_ctry tid uti ver wids'.split(
    ' ',
  ),
);

const CLAIM = /^[a-zA-Z][\w.]{0,59}$/;

interface ClaimProblem {
  readonly field: 'scopes' | 'usernameClaim';
  readonly message: string;
}

/**
 * What is wrong with the scopes that K10 would ask Entra for, and with the claim that is to name its users.
 * @param asked words with single spaces between them, and the name of a claim
 */
export function claimProblems(asked: {
  readonly scopes: string;
  readonly usernameClaim: string;
}): ClaimProblem[] {
  const scopes = scopesProblem(asked.scopes);
  // Which scope a claim needs is said once the scopes themselves are right.
  const known = scopes === undefined ? asked.scopes.split(' ') : SIGN_IN_SCOPES;
  const claim = usernameClaimProblem(asked.usernameClaim, known);
  return [
    ...(scopes === undefined ? [] : [{ field: 'scopes' as const, message: scopes }]),
    ...(claim === undefined ? [] : [{ field: 'usernameClaim' as const, message: claim }]),
  ];
}

function scopesProblem(scopes: string): string | undefined {
  const words = scopes.split(' ');
  if (words.includes('groups')) {
    return "groups is not a scope of Entra, which would refuse every sign-in with AADSTS650053: groups come from the app's claim configuration, which Kastellan sets. Leave it out.";
  }
  if (words.some((word) => !SIGN_IN_SCOPES.includes(word))) {
    return `Entra knows these scopes for sign-in: ${SIGN_IN_SCOPES.join(', ')}. Write them with single spaces between them; Entra refuses every sign-in with any other (AADSTS650053).`;
  }
  return words.includes('openid')
    ? undefined
    : 'The scopes have to include openid: without it, Entra sends K10 no ID token.';
}

function usernameClaimProblem(claim: string, scopes: readonly string[]): string | undefined {
  if (!CLAIM.test(claim)) {
    return "A claim's name has letters, digits, _ and . only, like sub or preferred_username.";
  }
  if (NO_USER_CLAIMS.has(claim)) {
    return `The claim ${claim} does not tell one person from another, so several people would be one user to K10. Choose ${[...USER_CLAIMS.keys()].join(', ')}.`;
  }
  const scope = USER_CLAIMS.get(claim) ?? 'openid';
  return scopes.includes(scope)
    ? undefined
    : `Entra sends the claim ${claim} only with the scope ${scope}, and K10 lets in only people whose token has it. Add ${scope} to the scopes, or choose sub.`;
}
