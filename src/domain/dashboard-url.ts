interface Dashboard {
  /** `https://host[:port]`, the value K10 calls `redirectURL`. */
  readonly origin: string;
  readonly release: string;
}

export type DashboardParse =
  | { readonly ok: true; readonly dashboard: Dashboard }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a dashboard address as people paste it: with or without the release's path, a slash, or the page behind `#`.
 * @param release the Helm release's name, which is the only path K10 serves
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
  if (segments.length > 1 || (segments.length === 1 && segments[0] !== release)) {
    return problem(
      `The path is ${url.pathname}, but the Helm release is called ${release}, so K10 answers at ${url.origin}/${release}/.`,
    );
  }
  return { ok: true, dashboard: { origin: url.origin, release } };
}

function problem(text: string): DashboardParse {
  return { ok: false, problem: text };
}
