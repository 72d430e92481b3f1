import type { SignIn } from '../../ports/sign-in.ts';
import { ask, type Caller } from './http.ts';

type Redirect = Awaited<ReturnType<SignIn['dashboardRedirect']>>;

const MAX_HOPS = 6;

/**
 * Follows the dashboard's redirects as a browser without a session would, until they lead to a sign-in page. Only the
 * dashboard's own origin is asked; the sign-in page itself is not opened.
 */
export async function followDashboard(dashboardUrl: string, caller: Caller): Promise<Redirect> {
  const { origin } = new URL(dashboardUrl);
  const cookies = new Map<string, string>();
  let url = new URL(dashboardUrl);
  for (let hop = 0; hop < MAX_HOPS; hop += 1) {
    const request = { operation: 'open the dashboard', url: url.href, cookies: cookieHeader(cookies) };
    const { answer, response } = await ask(request, caller);
    if (answer.location === undefined || answer.status < 300 || answer.status > 399) {
      const detail = `${url.origin}${url.pathname} answered ${answer.status} and did not send the browser to sign in.`;
      const isK10 = isPage(answer.status) && /\bk10\b|kasten/i.test(answer.text);
      return { redirected: false, broken: answer.status >= 500, isK10, detail };
    }
    keepCookies(cookies, response);
    const next = URL.parse(answer.location, url.href);
    if (next === null) return no(`${url.origin}${url.pathname} redirects to something that is no address.`);
    const found = authorizeRequest(next);
    if (found !== undefined) return found;
    if (next.origin !== origin) {
      return no(
        `The dashboard sends the browser to ${next.origin}${next.pathname}, which is no OIDC sign-in.`,
      );
    }
    url = next;
  }
  return no(`The dashboard redirected ${MAX_HOPS} times without reaching a sign-in page.`);
}

/** The redirect to the provider, told by the parameters that every OIDC request has. */
function authorizeRequest(url: URL): Redirect | undefined {
  const clientId = url.searchParams.get('client_id');
  const redirectUri = url.searchParams.get('redirect_uri');
  if (clientId === null || redirectUri === null || !url.searchParams.has('response_type')) return undefined;
  return { redirected: true, authorizeUrl: `${url.origin}${url.pathname}`, clientId, redirectUri };
}

// Without a session K10 shows its own page, or one that asks for a token or a password.
function isPage(status: number): boolean {
  return status < 300 || status === 401 || status === 403;
}

function keepCookies(cookies: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    if (at > 0) cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
}

function cookieHeader(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}

function no(detail: string): Redirect {
  return { redirected: false, broken: false, isK10: false, detail };
}
