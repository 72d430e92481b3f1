import type { CastMember } from '../cast.ts';
import { createBrowser } from '../entra/browser.ts';
import type { Dashboard } from '../k10/dashboard.ts';

/** What K10 says of the person who is signed in. */
interface WhoAmI {
  readonly mode: string;
  readonly user: string | null;
  readonly groups: readonly string[];
  /** What they may do, as the cluster itself answers. */
  readonly rights: Readonly<Record<string, boolean>>;
}

export type SignInResult =
  | { readonly signedIn: true; readonly who: WhoAmI; readonly pages: readonly string[] }
  | { readonly signedIn: false; readonly page: string };

/** Opens the dashboard, follows it to Entra, signs in with password and second factor, and comes back. */
export async function signIn(dashboard: Dashboard, person: CastMember): Promise<SignInResult> {
  const cookies = new Cookies();
  const first = await cookies.fetch(dashboard.url);
  const location = first.headers.get('location');
  if (location === null) return { signedIn: false, page: await first.text() };
  const visit = await createBrowser().open(location, { login: person.email, password: person.password });
  if (visit.url.origin !== dashboard.origin) return { signedIn: false, page: visit.page ?? visit.url.href };
  const back = await cookies.fetch(visit.url.href);
  if (back.status >= 400) return { signedIn: false, page: await back.text() };
  const answer = await cookies.fetch(new URL('whoami.json', dashboard.url).href);
  if (!answer.ok) return { signedIn: false, page: await answer.text() };
  return { signedIn: true, who: (await answer.json()) as WhoAmI, pages: visit.headings };
}

/** Opens the dashboard, which asks for a token, and gives it one. */
export async function signInByToken(dashboard: Dashboard, token: string): Promise<WhoAmI | undefined> {
  const cookies = new Cookies();
  const action = /<form method="post" action="([^"]+)">/.exec(
    await (await cookies.fetch(dashboard.url)).text(),
  );
  if (action?.[1] === undefined) return undefined;
  await cookies.fetch(new URL(action[1], dashboard.url).href, new URLSearchParams({ token }));
  const answer = await cookies.fetch(new URL('whoami.json', dashboard.url).href);
  return answer.ok ? ((await answer.json()) as WhoAmI) : undefined;
}

class Cookies {
  readonly #jar = new Map<string, string>();

  async fetch(url: string, form?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie },
      ...(form !== undefined && { method: 'POST', body: form }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      this.#jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  }
}
