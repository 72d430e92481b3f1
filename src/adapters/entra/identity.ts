import { AuthenticationError } from '@azure/identity';
import { KastellanError, LATER } from '../../domain/errors.ts';
import { networkFailure } from '../network-failure.ts';
import { explainAadsts } from '../sign-in/aadsts.ts';
import type { ChosenCredential } from './credential.ts';

/** Kastellan's own identity as its access token describes it. */
export interface OwnIdentity {
  /** Object ID of the service principal. */
  readonly objectId: string | undefined;
  readonly clientId: string | undefined;
  /** Graph application permissions with consent. */
  readonly roles: readonly string[];
}

export interface TokenSource {
  readonly kind: ChosenCredential['kind'];
  readonly secrets: readonly string[];
  /** @throws KastellanError `entra.sign-in-failed`, `entra.unreachable`, `entra.untrusted-certificate` */
  token(): Promise<string>;
  identity(): Promise<OwnIdentity>;
}

/** Gets access tokens for Graph; the SDK keeps them until shortly before they end. */
export function createTokenSource(chosen: ChosenCredential, graphUrl: string, loginUrl: string): TokenSource {
  async function token(): Promise<string> {
    try {
      const access = await chosen.credential.getToken(`${graphUrl}/.default`);
      if (access !== null) return access.token;
    } catch (thrown) {
      throw signInFailed(chosen, loginUrl, thrown);
    }
    throw signInFailed(chosen, loginUrl, undefined);
  }
  return {
    kind: chosen.kind,
    secrets: chosen.secrets,
    token,
    identity: async () => readIdentity(await token()),
  };
}

function readIdentity(token: string): OwnIdentity {
  const payload = token.split('.')[1] ?? '';
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
    return {
      objectId: textClaim(claims['oid']),
      clientId: textClaim(claims['appid'] ?? claims['azp']),
      roles: Array.isArray(claims['roles']) ? claims['roles'].map(String) : [],
    };
  } catch {
    return { objectId: undefined, clientId: undefined, roles: [] };
  }
}

function textClaim(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function signInFailed(chosen: ChosenCredential, loginUrl: string, thrown: unknown): KastellanError {
  const code = aadstsOf(thrown);
  const words = code === undefined ? undefined : explainAadsts(code);
  const common = { cause: thrown, secrets: chosen.secrets };
  if (code === undefined && isNetworkFault(thrown)) return noAnswer(loginUrl, thrown, common);
  return new KastellanError({
    ...common,
    code: 'entra.sign-in-failed',
    message: `Kastellan cannot sign in to Entra with its ${chosen.kind}: ${words?.message ?? code ?? 'Entra gave no token.'}`,
    hint:
      words?.hint ??
      'Check AZURE_TENANT_ID, AZURE_CLIENT_ID and the credential that Kastellan runs with; /kasten doctor says which one it is.',
    // Without a code it was no refusal: Entra was out of order, and may be well again.
    ...(code === undefined ? { retry: LATER } : {}),
  });
}

function noAnswer(
  loginUrl: string,
  thrown: unknown,
  common: { cause: unknown; secrets: readonly string[] },
): KastellanError {
  const failure = networkFailure(thrown);
  if (failure.kind === 'untrusted-certificate') return untrusted(loginUrl, failure.code, common);
  return unreachable(loginUrl, failure.code, common);
}

/** `entra.untrusted-certificate`: the host's certificate is not one that this machine trusts. */
export function untrusted(
  host: string,
  reason: string,
  common: { cause?: unknown; secrets?: readonly string[] } = {},
): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.untrusted-certificate',
    message: `Kastellan does not trust the certificate of ${host} (${reason}).`,
    hint: 'If a proxy stands in between, give its CA in NODE_EXTRA_CA_CERTS and start Kastellan again.',
  });
}

/** `entra.unreachable`: nobody answers there now. */
export function unreachable(
  host: string,
  reason: string,
  common: { cause?: unknown; secrets?: readonly string[] } = {},
): KastellanError {
  return new KastellanError({
    ...common,
    code: 'entra.unreachable',
    message: `Kastellan cannot reach ${host} (${reason}).`,
    hint: 'Check the network, the proxy and the name resolution of the machine that Kastellan runs on.',
    retry: LATER,
  });
}

function isNetworkFault(thrown: unknown): boolean {
  if (thrown instanceof AuthenticationError) return false;
  return (
    networkFailure(thrown).code !== 'no answer' ||
    /network|getaddrinfo|ECONN|certificate/i.test(String(thrown))
  );
}

function aadstsOf(thrown: unknown): string | undefined {
  if (thrown instanceof AuthenticationError) {
    const [first] = thrown.errorResponse.errorCodes ?? [];
    if (first !== undefined) return `AADSTS${first}`;
  }
  return /AADSTS\d+/.exec(String(thrown))?.[0];
}
