import * as oidc from 'openid-client';
import type { OidcSettings } from './sign-in-settings.ts';
import type { TrustingFetch } from './trusting-fetch.ts';

/** Why a provider cannot be used, in the words of K10's log. */
class ProviderProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProviderProblem';
  }
}

/**
 * Asks the provider for its addresses, as K10 does once when it starts.
 * @throws ProviderProblem: not reachable, not trusted, no discovery document, or another issuer than the one configured.
 */
export async function discoverProvider(
  settings: OidcSettings,
  fetch: TrustingFetch,
  now: () => Date,
): Promise<oidc.Configuration> {
  const url = `${settings.providerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url).catch((error: unknown) => {
    throw new ProviderProblem(`Get "${url}": ${networkReason(error, url)}`);
  });
  const body = await answer.text();
  if (answer.status !== 200) throw new ProviderProblem(`${answer.status}: ${body.slice(0, 300)}`);
  const metadata = parse(body);
  if (metadata.issuer !== settings.providerUrl) {
    throw new ProviderProblem(
      `oidc: issuer did not match the issuer returned by provider, expected "${settings.providerUrl}" got "${metadata.issuer}"`,
    );
  }
  const config = new oidc.Configuration(metadata, settings.clientId, {
    client_secret: settings.clientSecret,
    // The client reads the real clock; this moves it to the sandbox's.
    [oidc.clockSkew]: Math.round((now().getTime() - Date.now()) / 1000),
  });
  config[oidc.customFetch] = (address, { method, headers, body: sent }) =>
    fetch(address, { method, headers, body: sent });
  return config;
}

function parse(body: string): oidc.ServerMetadata {
  try {
    return JSON.parse(body) as oidc.ServerMetadata;
  } catch {
    throw new ProviderProblem('oidc: failed to decode provider discovery object');
  }
}

function networkReason(error: unknown, url: string): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const { hostname, host } = new URL(url);
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? `tls: failed to verify certificate: x509: certificate is not valid for ${hostname}`
      : 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  }
  if (code === 'ENOTFOUND') return `dial tcp: lookup ${hostname}: no such host`;
  if (code === 'ECONNREFUSED') return `dial tcp ${host}: connect: connection refused`;
  return message;
}
