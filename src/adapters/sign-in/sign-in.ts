import { KastellanError, later } from '../../domain/errors.ts';
import type { SignIn } from '../../ports/sign-in.ts';
import type { WatchCall } from '../../ports/telemetry.ts';
import { unwatched } from '../unwatched.ts';
import { explainAadsts } from './aadsts.ts';
import { followDashboard } from './dashboard.ts';
import { type Answer, ask, type Caller } from './http.ts';
import { requestClientToken } from './token-endpoint.ts';

export interface SignInOptions {
  /** Origin of Microsoft Graph in the tenant's cloud: the audience of the token that proves a client secret. */
  readonly graphUrl: string;
  /** How long one request may take, in milliseconds; 15 seconds unless told. */
  readonly timeoutMs?: number;
  /** Told of every request; nobody is unless told. */
  readonly watch?: WatchCall;
}

/**
 * Sign-in as K10 and a browser see it.
 * What it returns throws KastellanError `sign-in.discovery-failed`, `sign-in.foreign-token-endpoint`.
 */
export function createSignIn(options: SignInOptions): SignIn {
  const { graphUrl, timeoutMs = 15_000, watch = unwatched } = options;
  const caller: Caller = { timeoutMs, watch };
  return {
    discoverIssuer: async (providerUrl) => text(await discover(providerUrl, caller), 'issuer', providerUrl),
    tryClientSecret: async (providerUrl, clientId, secret) => {
      const document = await discover(providerUrl, caller);
      const endpoint = text(document, 'token_endpoint', providerUrl);
      if (new URL(endpoint).origin !== new URL(providerUrl).origin)
        throw foreignEndpoint(providerUrl, endpoint);
      return requestClientToken(endpoint, { id: clientId, secret, scope: `${graphUrl}/.default` }, caller);
    },
    dashboardRedirect: (dashboardUrl) => followDashboard(dashboardUrl, caller),
  };
}

type Document = Readonly<Record<string, unknown>>;

/** @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
async function discover(providerUrl: string, caller: Caller): Promise<Document> {
  const url = `${providerUrl.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const { answer } = await ask({ operation: 'read the discovery document', url }, caller);
  if (answer.status === 200 && answer.body !== undefined) return answer.body;
  throw discoveryFailed(providerUrl, answer);
}

function text(document: Document, name: string, providerUrl: string): string {
  const value = document[name];
  if (typeof value === 'string' && URL.canParse(value)) return value;
  throw new KastellanError({
    code: 'sign-in.discovery-failed',
    message: `The discovery document under ${providerUrl} has no ${name}.`,
    hint: 'The provider URL has to be <login host>/<tenant ID>/v2.0.',
  });
}

function discoveryFailed(providerUrl: string, answer: Answer): KastellanError {
  const code = /AADSTS\d+/.exec(String(answer.body?.['error_description'] ?? ''))?.[0];
  const words = code === undefined ? undefined : explainAadsts(code);
  return new KastellanError({
    code: 'sign-in.discovery-failed',
    message: `There is no discovery document under ${providerUrl} (answer ${answer.status})${words === undefined ? '.' : `: ${words.message}`}`,
    hint: words?.hint ?? 'The provider URL has to be <login host>/<tenant ID>/v2.0.',
    ...(answer.status >= 500 || answer.status === 429 ? { retry: later(answer.retryAfterMs) } : {}),
  });
}

function foreignEndpoint(providerUrl: string, endpoint: string): KastellanError {
  return new KastellanError({
    code: 'sign-in.foreign-token-endpoint',
    message: `The provider ${providerUrl} names a token endpoint on another host, ${new URL(endpoint).origin}.`,
    hint: 'Kastellan sends a client secret only to the host of the provider. Check the provider URL and who answers there.',
  });
}
