import { AuthenticationError } from '@azure/identity';
import { KastellanError, LATER } from '../../domain/errors.ts';
import { networkFailure } from '../network-failure.ts';
import { explainAadsts } from '../sign-in/aadsts.ts';
import type { ChosenCredential } from './credential.ts';
import { unreachable, untrusted } from './reachability.ts';

const DIAGNOSIS_TIMEOUT_MS = 5_000;
// OAuth's words for it: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
const PASSING_WORDS = /\b(?:temporarily_unavailable|server_error)\b/;
const CHECK_SETTINGS =
  'Check AZURE_TENANT_ID, AZURE_CLIENT_ID and the credential that Kastellan runs with; /kasten doctor says which one it is.';

/** Says in words why Entra gave Kastellan no token: by Entra's own code, or by what a look at the login host tells. */
export async function signInFailure(
  chosen: ChosenCredential,
  loginUrl: string,
  thrown: unknown,
): Promise<KastellanError> {
  const code = aadstsOf(thrown);
  if (code !== undefined)
    return isPassing(chosen, thrown) ? troubled(chosen, code, thrown) : refused(chosen, code, thrown);
  const common = { cause: thrown, secrets: chosen.secrets };
  // A managed identity gets its token from the machine, not from the login host.
  if (chosen.kind === 'managed identity') return noToken(chosen, common);
  return (await diagnose(chosen, loginUrl, common)) ?? noToken(chosen, common);
}

interface Common {
  readonly cause: unknown;
  readonly secrets: readonly string[];
}

/** The SDK does not tell why it could not talk to the login host, so it is asked once more, without any credential. */
async function diagnose(
  chosen: ChosenCredential,
  loginUrl: string,
  common: Common,
): Promise<KastellanError | undefined> {
  const url = `${loginUrl}/${chosen.tenantId}/v2.0/.well-known/openid-configuration`;
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(DIAGNOSIS_TIMEOUT_MS),
    });
    const code = aadstsOf((await response.text()).slice(0, 4096));
    return code === undefined ? undefined : refused(chosen, code, common.cause);
  } catch (failure) {
    const { kind, code } = networkFailure(failure);
    return kind === 'untrusted-certificate'
      ? untrusted(loginUrl, code, common)
      : unreachable(loginUrl, code, common);
  }
}

function refused(chosen: ChosenCredential, code: string, cause: unknown): KastellanError {
  const words = explainAadsts(code);
  return new KastellanError({
    code: 'entra.sign-in-failed',
    message: `Kastellan cannot sign in to Entra with its ${chosen.kind}: ${words?.message ?? code}`,
    hint: words?.hint ?? CHECK_SETTINGS,
    cause,
    secrets: chosen.secrets,
  });
}

// Entra gives codes of this kind to what is out of order on its side, too.
function isPassing(chosen: ChosenCredential, thrown: unknown): boolean {
  const status = chosen.answeredWith() ?? 0;
  return status === 429 || status >= 500 || PASSING_WORDS.test(String(thrown));
}

function troubled(chosen: ChosenCredential, code: string, cause: unknown): KastellanError {
  return new KastellanError({
    code: 'entra.sign-in-failed',
    message: `Entra cannot sign Kastellan in at the moment (${code}).`,
    hint: 'Nothing has to be changed. Look at the Azure status page if it lasts.',
    retry: LATER,
    cause,
    secrets: chosen.secrets,
  });
}

// Without a code it was no refusal: something was out of order, and may be well again.
function noToken(chosen: ChosenCredential, common: Common): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.sign-in-failed',
    message: `Kastellan got no token from Entra with its ${chosen.kind}.`,
    hint: CHECK_SETTINGS,
    retry: LATER,
  });
}

function aadstsOf(thrown: unknown): string | undefined {
  if (thrown instanceof AuthenticationError) {
    const [first] = thrown.errorResponse.errorCodes ?? [];
    if (first !== undefined) return `AADSTS${first}`;
  }
  return /AADSTS\d+/.exec(String(thrown))?.[0];
}
