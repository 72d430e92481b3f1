import { StsProblem } from './sts-problem.ts';

const known: [RegExp, () => StsProblem][] = [
  [
    /already consumed/,
    () =>
      new StsProblem(
        54005,
        'invalid_grant',
        'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
      ),
  ],
  [
    /redirect_uri/,
    () =>
      new StsProblem(
        500112,
        'invalid_grant',
        'The reply address does not match the reply address provided when requesting Authorization code.',
      ),
  ],
  [
    /PKCE|code_verifier/,
    () =>
      new StsProblem(
        501481,
        'invalid_grant',
        'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
      ),
  ],
  [
    /expired/,
    () =>
      new StsProblem(70008, 'invalid_grant', 'The provided authorization code or refresh token has expired.'),
  ],
  [
    /client mismatch/,
    () =>
      new StsProblem(
        700005,
        'invalid_grant',
        'Provided Authorization Code is intended to use against another application.',
      ),
  ],
];

/** Entra's refusal for what the provider says was wrong with an authorization code. */
export function redeemProblem(reason: string): StsProblem {
  const found = known.find(([pattern]) => pattern.test(reason));
  return found
    ? found[1]()
    : new StsProblem(9002313, 'invalid_grant', `Invalid request. Request is malformed or invalid. ${reason}`);
}
