/** Microsoft's clouds; a tenant lives in one of them and its tokens are worth nothing in the others. */
export const CLOUDS = ['global', 'usgov', 'dod', 'china'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** Origins without a slash at the end. */
export interface EntraHosts {
  readonly login: string;
  readonly graph: string;
  readonly portal: string;
  /** Whether the login host is none of Microsoft's: only then does nobody else vouch for it. */
  readonly customAuthority: boolean;
}

export interface HostOverrides {
  readonly login?: string | undefined;
  readonly graph?: string | undefined;
  readonly portal?: string | undefined;
}

const HOSTS: Readonly<Record<Cloud, Omit<EntraHosts, 'customAuthority'>>> = {
  global: {
    login: 'https://login.microsoftonline.com',
    graph: 'https://graph.microsoft.com',
    portal: 'https://entra.microsoft.com',
  },
  usgov: {
    login: 'https://login.microsoftonline.us',
    graph: 'https://graph.microsoft.us',
    portal: 'https://portal.azure.us',
  },
  dod: {
    login: 'https://login.microsoftonline.us',
    graph: 'https://dod-graph.microsoft.us',
    portal: 'https://portal.azure.us',
  },
  china: {
    login: 'https://login.partner.microsoftonline.cn',
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    portal: 'https://portal.azure.cn',
  },
};

const MICROSOFT_LOGINS: ReadonlySet<string> = new Set([
  ...Object.values(HOSTS).map((hosts) => hosts.login),
  'https://login.chinacloudapi.cn',
]);

/**
 * The hosts of a cloud, each of which may be replaced (private clouds, a sandbox).
 * @see https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
 */
export function entraHosts(cloud: Cloud, overrides: HostOverrides = {}): EntraHosts {
  const standard = HOSTS[cloud];
  const login = origin(overrides.login ?? standard.login);
  return {
    login,
    graph: origin(overrides.graph ?? standard.graph),
    portal: origin(overrides.portal ?? standard.portal),
    customAuthority: !MICROSOFT_LOGINS.has(login),
  };
}

function origin(url: string): string {
  return url.replace(/\/+$/, '');
}
