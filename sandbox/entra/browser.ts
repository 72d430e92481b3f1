/** Who signs in, and what they type. */
export interface Visitor {
  readonly login: string;
  readonly password: string;
  /** What the page shows is typed if missing. */
  readonly code?: string;
}

/** Where a visit ended. */
interface Visit {
  /** The address Entra sent the browser to, or the address of the page it stayed on. */
  readonly url: URL;
  /** The page it stayed on; undefined if it was sent elsewhere. */
  readonly page: string | undefined;
  /** The headings of the pages seen on the way. */
  readonly headings: readonly string[];
}

/** A browser without a screen: it keeps cookies, follows redirects and fills in Entra's forms. */
export interface Browser {
  /**
   * Opens an address of Entra and signs in as the visitor until Entra sends the browser to another origin, or shows
   * a page without a form, or the same page again.
   */
  open(url: URL | string, visitor?: Visitor): Promise<Visit>;
}

const maxSteps = 20;

interface Loaded {
  url: URL;
  html: string | undefined;
}

/** Makes a browser with an empty cookie jar. */
export function createBrowser(): Browser {
  const cookies = new Map<string, string>();

  const load = async (from: URL, form?: URLSearchParams): Promise<Loaded> => {
    const { origin } = from;
    let url = from;
    let body = form;
    while (url.origin === origin) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const method = body ? { method: 'POST', body } : {};
      const headers = { accept: 'text/html', cookie };
      const answer: Response = await fetch(url, { ...method, redirect: 'manual', headers });
      for (const line of answer.headers.getSetCookie()) keep(cookies, line);
      const location = answer.headers.get('location');
      if (location === null) return { url, html: await answer.text() };
      url = new URL(location, url);
      body = undefined;
    }
    return { url, html: undefined };
  };

  return {
    async open(address, visitor) {
      let at = await load(new URL(address));
      const headings: string[] = [];
      for (let step = 0; step < maxSteps && at.html !== undefined; step += 1) {
        const heading = /<h1>(.*?)<\/h1>/.exec(at.html)?.[1] ?? '';
        const stuck = headings.at(-1) === heading;
        headings.push(heading);
        const form: URLSearchParams | undefined = visitor && !stuck ? fill(at.html, visitor) : undefined;
        if (!form) break;
        at = await load(new URL(actionOf(at.html), at.url), form);
      }
      return { url: at.url, page: at.html, headings };
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';');
  const cut = pair.indexOf('=');
  const name = pair.slice(0, cut);
  if (/expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name);
  else cookies.set(name, pair.slice(cut + 1));
}

function actionOf(html: string): string {
  return (/<form [^>]*action="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&');
}

function fill(html: string, visitor: Visitor): URLSearchParams | undefined {
  const step = /name="step" value="(\w+)"/.exec(html)?.[1];
  const shown = /id="authenticator">(\d+)</.exec(html)?.[1] ?? '';
  const fields: Record<string, Record<string, string>> = {
    pick: { login: html.includes(`value="${visitor.login}"`) ? visitor.login : '' },
    account: { login: visitor.login },
    password: { passwd: visitor.password },
    code: { otc: visitor.code ?? shown },
  };
  const typed = step === undefined ? undefined : fields[step];
  return typed && new URLSearchParams({ step: step ?? '', ...typed });
}
