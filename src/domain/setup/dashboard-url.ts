import type { ServedAt } from './naming.ts';

export type DashboardParse =
  | { readonly ok: true; readonly dashboard: ServedAt }
  | { readonly ok: false; readonly problem: string };

// What a route or an Ingress takes as it is, and a redirect URI holds unchanged.
const SEGMENT = /^[\w.~-]+$/;

/**
 * Reads a dashboard address as people paste it: with or without the release's path, a slash, or the page behind `#`.
 * Whether K10 is there is seen when it is asked.
 * @param release the Helm release's name, which is the path K10 serves unless its values name another
 */
export function parseDashboardUrl(text: string, release: string): DashboardParse {
  const url = URL.parse(text.trim());
  if (url === null)
    return problem(`That is not an address. It looks like https://k10.example.com/${release}.`);
  if (url.protocol !== 'https:') {
    return problem('The address has to start with https:// because Entra sends people back only to https.');
  }
  if (url.username !== '' || url.password !== '') {
    return problem('The address must not hold a user name or a password.');
  }
  if (url.search !== '') return problem('The address must not have a question mark and what follows it.');
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  // A page below K10's own path is where somebody was, and not where K10 is.
  const isPage = segments.length > 1 && segments[0] === release;
  if (isPage || !segments.every((segment) => SEGMENT.test(segment))) {
    return problem(
      `The path is ${url.pathname}, but the Helm release is called ${release}, so K10 answers at ${url.origin}/${release}/ unless its values name another plain path.`,
    );
  }
  const path = segments.join('/');
  const own = path === '' || path === release;
  return { ok: true, dashboard: { origin: url.origin, release, ...(own ? {} : { path }) } };
}

function problem(text: string): DashboardParse {
  return { ok: false, problem: text };
}
