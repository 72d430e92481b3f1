import type { Surroundings } from './surroundings.ts';

/** How K10 is told to sign people in with OpenID Connect. */
export interface OidcSettings {
  mode: 'oidc';
  providerUrl: string;
  /** The address of the gateway, without a path. */
  redirectUrl: string;
  clientId: string;
  clientSecret: string;
  scopes: string;
  prompt: string;
  usernameClaim: string;
  usernamePrefix: string;
  /** '' for no groups. */
  groupClaim: string;
  groupPrefix: string;
  /** Empty: all groups are kept. */
  groupAllowList: string[];
  sessionSeconds: number;
  logoutUrl: string;
}

/** How people get in; `direct` lets everybody in, `dex` is LDAP or OpenShift, which nobody plays here. */
export type SignInSettings = OidcSettings | { mode: 'token' | 'basic' | 'direct' | 'dex' };

const folder = '/var/run/secrets/kasten.io/k10-oidc-auth';
const caFile = '/etc/ssl/certs/custom-ca-bundle.pem';

/**
 * Reads the mounted Secrets as auth-svc does when it starts.
 * @throws Error naming a setting that is missing.
 */
export function readSettings(around: Surroundings): SignInSettings {
  const provider = text(around, 'provider-url');
  if (provider?.endsWith('/dex')) return { mode: 'dex' };
  if (provider !== undefined) return oidcSettings(around, provider);
  if (around.environment['TOKEN_AUTH'] === 'true') return { mode: 'token' };
  if (around.environment['BASIC_AUTH']) return { mode: 'basic' };
  return { mode: 'direct' };
}

/** The certificates that K10 trusts besides the well-known ones, PEM; '' for none. */
export function readTrust(around: Surroundings): string {
  return around.readFile(caFile)?.toString('utf8') ?? '';
}

function oidcSettings(around: Surroundings, providerUrl: string): OidcSettings {
  const optional = (key: string, otherwise = '') => text(around, key) || otherwise;
  const required = (key: string) => {
    const value = text(around, key);
    if (!value) throw new Error(`the OIDC configuration has no ${key}`);
    return value;
  };
  const logout = optional('logout-url');
  return {
    mode: 'oidc',
    providerUrl,
    redirectUrl: required('redirect-url'),
    clientId: required('client-id'),
    clientSecret: required('client-secret'),
    scopes: required('scopes'),
    prompt: optional('prompt', 'select_account'),
    usernameClaim: optional('usernameClaim', 'sub'),
    usernamePrefix: optional('usernamePrefix'),
    groupClaim: optional('groupClaim'),
    groupPrefix: optional('groupPrefix'),
    groupAllowList: optional('groupAllowList').split('\n').filter(Boolean),
    sessionSeconds: durationSeconds(optional('sessionDuration', '1h')),
    // The chart encodes this one twice.
    logoutUrl: Buffer.from(logout, 'base64').toString('utf8'),
  };
}

/** The Secret with the credentials wins over the one with everything. */
function text(around: Surroundings, key: string): string | undefined {
  const file = around.readFile(`${folder}-creds/${key}`) ?? around.readFile(`${folder}/${key}`);
  return file?.toString('utf8').trim();
}

const unitSeconds: Record<string, number> = { h: 3600, m: 60, s: 1 };

/** `1h30m` in seconds. */
function durationSeconds(duration: string): number {
  const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)([hms])/g)];
  if (!/^(\d+(\.\d+)?[hms])+$/.test(duration)) throw new Error(`time: invalid duration "${duration}"`);
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitSeconds[unit ?? ''] ?? 0), 0);
}
