import { discoverProvider } from './discovery.ts';
import { OidcFlow } from './oidc-flow.ts';
import { SessionTokens } from './session-token.ts';
import { readSettings, readTrust, type SignInSettings } from './sign-in-settings.ts';
import type { Surroundings } from './surroundings.ts';
import { trustingFetch } from './trusting-fetch.ts';

/** The part of K10 that knows who somebody is, as it runs in one pod. */
export interface SignInService {
  mode: SignInSettings['mode'];
  sessionSeconds: number;
  sessions: SessionTokens;
  /** With OpenID Connect only. */
  flow: OidcFlow | undefined;
  /** Under which K10 is served, without slashes at its ends. */
  path: string;
  /** Where people go after signing out, '' for nowhere. */
  logoutUrl: string;
}

export interface SignInServiceOptions {
  around: Surroundings;
  release: string;
  /** PEM; certificates the pod's machine trusts besides the well-known ones. */
  entraCa: string;
  now: () => Date;
}

const hour = 3600;

/**
 * Reads the configuration and asks the provider for its addresses.
 * @throws Error: the configuration is not complete, or the provider is of no use. The reason is the log's last line.
 */
export async function startSignInService(options: SignInServiceOptions): Promise<SignInService> {
  try {
    return await start(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = { Level: 'fatal', Message: 'Failed to set up the OIDC provider', Error: reason };
    options.around.log(JSON.stringify({ ...line, Time: options.now().toISOString() }));
    throw error;
  }
}

async function start({ around, release, entraCa, now }: SignInServiceOptions): Promise<SignInService> {
  const settings = readSettings(around);
  const path = around.environment['K10_URL_PATH'] || release;
  const sessions = new SessionTokens(now);
  if (settings.mode !== 'oidc') {
    return { mode: settings.mode, sessionSeconds: hour, sessions, flow: undefined, path, logoutUrl: '' };
  }
  const fetch = trustingFetch([entraCa, readTrust(around)].join('\n').trim());
  const flow = new OidcFlow(await discoverProvider(settings, fetch, now), settings, path);
  const { sessionSeconds, logoutUrl } = settings;
  return { mode: 'oidc', sessionSeconds, sessions, flow, path, logoutUrl };
}
