import type { Secret } from '../domain/secret.ts';
// Sign-in, seen from the outside.

/** Looks at sign-in from the outside, as K10 and a browser do. */
export interface SignIn {
  /** The `issuer` that the discovery document under this provider URL names. */
  discoverIssuer(providerUrl: string): Promise<string>;
  /** Whether the token endpoint takes this client secret now; a refusal carries Entra's code (`AADSTS7000215`). */
  tryClientSecret(
    providerUrl: string,
    clientId: string,
    secret: Secret,
  ): Promise<
    | { readonly accepted: true }
    | { readonly accepted: false; readonly code: string; readonly message: string }
  >;
  /** Where the dashboard sends a person who is not signed in. */
  dashboardRedirect(dashboardUrl: string): Promise<
    | {
        readonly redirected: true;
        readonly authorizeUrl: string;
        readonly clientId: string;
        readonly redirectUri: string;
      }
    /** `broken` where what answered is not a dashboard that works; `isK10` where it is a page that speaks of K10. */
    | {
        readonly redirected: false;
        readonly broken: boolean;
        readonly isK10: boolean;
        readonly detail: string;
      }
  >;
}
