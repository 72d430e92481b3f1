/**
 * Reads the credentials of every application, as a process of its own, and tells what that took. Which way is said by
 * the order: Kastellan's, or the plain one that keeps every page until it has them all.
 */
import { entraHosts } from '../../src/adapters/entra/clouds.ts';
import { createCredential } from '../../src/adapters/entra/credential.ts';
import { createDirectory } from '../../src/adapters/entra/directory.ts';
import { Secret } from '../../src/domain/secret.ts';

export interface ReaderOrder {
  readonly way: 'kastellan' | 'plain';
  readonly url: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret: string;
  readonly tag: string;
}

export interface ReaderAnswer {
  readonly applications: number;
  readonly credentials: number;
  readonly ms: number;
  /** How far memory rose above what it was before, in MiB. */
  readonly growthMiB: number;
}

interface Read {
  readonly applications: number;
  readonly credentials: number;
}

process.on('message', async (order: ReaderOrder) => {
  const read = order.way === 'kastellan' ? asKastellan(order) : plainly(order);
  // The first connection, the token and the code cost the same either way and are not asked about.
  await (await read)(() => false);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 5);
  const began = performance.now();
  const found = await (await read)(() => true);
  const ms = performance.now() - began;
  clearInterval(watch);
  peak = Math.max(peak, process.memoryUsage.rss());
  process.send?.({ ...found, ms, growthMiB: (peak - before) / 1_048_576 } satisfies ReaderAnswer);
});

type Reader = (everything: () => boolean) => Promise<Read>;

async function asKastellan(order: ReaderOrder): Promise<Reader> {
  const hosts = entraHosts('global', { login: order.url, graph: order.url });
  const directory = createDirectory({
    hosts,
    credential: createCredential({
      tenantId: order.tenantId,
      clientId: order.clientId,
      clientSecret: new Secret(order.secret),
      authorityHost: hosts.login,
      customAuthority: hosts.customAuthority,
    }),
  });
  await directory.check();
  return async (everything) => {
    if (!everything()) return { applications: 0, credentials: 0 };
    const found = await directory.findCredentials(({ tags }) => tags.includes(order.tag));
    return {
      applications: found.length,
      credentials: found.reduce((sum, { credentials }) => sum + credentials.length, 0),
    };
  };
}

interface PlainApplication {
  readonly passwordCredentials: unknown[];
  readonly keyCredentials: unknown[];
}

async function plainly(order: ReaderOrder): Promise<Reader> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: order.clientId,
    client_secret: order.secret,
    scope: `${order.url}/.default`,
  });
  const answer = await fetch(`${order.url}/${order.tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const { access_token } = (await answer.json()) as { access_token: string };
  return async (everything) => {
    if (!everything()) return { applications: 0, credentials: 0 };
    const all: PlainApplication[] = [];
    for (let next: string | undefined = `${order.url}/v1.0/applications`; next !== undefined; ) {
      const got: Response = await fetch(next, { headers: { authorization: `Bearer ${access_token}` } });
      const page = (await got.json()) as { value: PlainApplication[]; '@odata.nextLink'?: string };
      all.push(...page.value);
      next = page['@odata.nextLink'];
    }
    return {
      applications: all.length,
      credentials: all.reduce(
        (sum, { passwordCredentials, keyCredentials }) =>
          sum + passwordCredentials.length + keyCredentials.length,
        0,
      ),
    };
  };
}

process.send?.('ready');
