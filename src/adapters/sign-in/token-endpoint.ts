import { KastellanError, later } from '../../domain/errors.ts';
import type { Secret } from '../../domain/secret.ts';
import type { SignIn } from '../../ports/sign-in.ts';
import { explainAadsts } from './aadsts.ts';
import { type Answer, ask, type Caller } from './http.ts';

type Verdict = Awaited<ReturnType<SignIn['tryClientSecret']>>;

/**
 * Asks for a token as the client itself, which is how K10 will prove itself too; the token is thrown away.
 * @param scope `<Graph's origin>/.default`: every application may ask for that
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 * @throws KastellanError `sign-in.unavailable` when the answer says nothing about the secret
 */
export async function requestClientToken(
  endpoint: string,
  client: { readonly id: string; readonly secret: Secret; readonly scope: string },
  caller: Caller,
): Promise<Verdict> {
  const value = client.secret.reveal();
  // In the body, never in the address: addresses end up in the logs of proxies.
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client.id,
    client_secret: value,
    scope: client.scope,
  });
  const { answer } = await ask({ operation: 'try a client secret', url: endpoint, form }, caller);
  if (answer.status === 200 && typeof answer.body?.['access_token'] === 'string') return { accepted: true };
  const code = refusalCode(answer);
  if (code === undefined) throw unavailable(endpoint, answer, value);
  return { accepted: false, code, message: refusalMessage(code) };
}

function refusalCode(answer: Answer): string | undefined {
  // A busy server is no verdict on the secret, whatever it writes.
  if (answer.status === 429 || answer.status >= 500) return undefined;
  const { error_codes: codes, error_description: description, error } = answer.body ?? {};
  if (Array.isArray(codes) && typeof codes[0] === 'number') return `AADSTS${codes[0]}`;
  const named = /AADSTS\d+/.exec(typeof description === 'string' ? description : '')?.[0];
  return named ?? (typeof error === 'string' ? error.slice(0, 80) : undefined);
}

function refusalMessage(code: string): string {
  const words = explainAadsts(code);
  return words === undefined ? `Entra refused the client secret: ${code}.` : `${words.message} ${words.hint}`;
}

function unavailable(endpoint: string, { status, retryAfterMs }: Answer, secret: string): KastellanError {
  return new KastellanError({
    code: 'sign-in.unavailable',
    message: `${new URL(endpoint).origin} answered ${status} instead of a token.`,
    hint: 'Kastellan tries again later; look at the Azure status page if it lasts.',
    retry: later(retryAfterMs),
    secrets: [secret],
  });
}
