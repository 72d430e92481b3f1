import { randomUUID } from 'node:crypto';
import * as oidc from 'openid-client';
import { identityOf } from './identity.ts';
import type { SessionClaims } from './session-token.ts';
import type { OidcSettings } from './sign-in-settings.ts';

/** A sign-in under way. */
interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
}

const maxAttempts = 1000;

/** The authorization code flow between K10 and its provider. */
export class OidcFlow {
  readonly #config: oidc.Configuration;
  readonly #settings: OidcSettings;
  /** Gateway's address, the path K10 is served at and that of auth-svc, put together as K10 does: without looking what is there already. */
  readonly redirectUri: string;
  readonly #attempts = new Map<string, Attempt>();

  constructor(config: oidc.Configuration, settings: OidcSettings, path: string) {
    this.#config = config;
    this.#settings = settings;
    this.redirectUri = `${settings.redirectUrl.replace(/\/$/, '')}/${path}/auth-svc/v0/oidc/redirect`;
  }

  /** Where to send the browser, and the name of the attempt it has to bring back. */
  async begin(): Promise<{ url: URL; attempt: string }> {
    const verifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const attempt = randomUUID();
    this.#attempts.set(attempt, { state, nonce, verifier });
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > maxAttempts && oldest) this.#attempts.delete(oldest);
    const url = oidc.buildAuthorizationUrl(this.#config, {
      redirect_uri: this.redirectUri,
      scope: this.#settings.scopes,
      prompt: this.#settings.prompt,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url, attempt };
  }

  /**
   * Redeems what the provider sent back, given as the query of the address, with `?`.
   * @throws Error saying why in the provider's words, if it said something.
   */
  async finish(query: string, attemptName: string): Promise<SessionClaims> {
    const attempt = this.#attempts.get(attemptName);
    this.#attempts.delete(attemptName);
    if (!attempt) throw new Error('This sign-in was not begun here, or took too long.');
    const tokens = await oidc
      .authorizationCodeGrant(this.#config, new URL(`${this.redirectUri}${query}`), {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
      })
      .catch((error: unknown) => {
        throw new Error(reasonOf(error), { cause: error });
      });
    return identityOf(tokens.claims() ?? {}, this.#settings);
  }
}

function reasonOf(error: unknown): string {
  const said = error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError;
  if (said) return `${error.error}: ${error.error_description ?? ''}`;
  return error instanceof Error ? error.message : String(error);
}
