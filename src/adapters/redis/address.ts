import { KastellanError } from '../../domain/errors.ts';

/** An address of Redis, taken apart. */
export interface RedisAddress {
  /** Who is asked, without user and password. */
  readonly where: string;
  /** Passwords in it, as they are and as they are written. */
  readonly secrets: readonly string[];
  /** What the client has to know. */
  readonly options: ServerOptions | ClusterOptions;
}

interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

interface Node {
  readonly host: string;
  readonly port: number;
}

/** One server, or the primary that Sentinels name. */
export type ServerOptions = Login & { readonly db: number } & (Node | SentinelOptions);

interface SentinelOptions {
  readonly name: string;
  readonly sentinels: Node[];
  readonly sentinelPassword?: string;
  readonly enableTLSForSentinelMode?: true;
  readonly sentinelTLS?: object;
}

/** A Redis Cluster; it has the database 0 alone. */
export interface ClusterOptions extends Login {
  /** Those of its nodes that are asked for the others. */
  readonly nodes: readonly Node[];
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
// Several hosts are more than a URL may name.
const SENTINELS = /^(rediss?)\+sentinel:\/\/((?:[^@/]*@)?)([^@/?]+)\/([^/?]+)((?:\/\d+)?)((?:\?.*)?)$/;
const CLUSTER = /^(rediss?)\+cluster:\/\/((?:[^@/]*@)?)([^@/?]+)\/?$/;

/**
 * @param text `redis://` or `rediss://` (TLS) with one host; `redis+sentinel://user:password@s1:26379,s2:26379/NAME/0` with
 *   Sentinels and the name under which they know the primary, their own password as `?sentinelPassword=`; or
 *   `redis+cluster://user:password@n1:6379,n2:6379` with nodes of a Redis Cluster
 * @throws KastellanError `redis.address-invalid`
 */
export function parseAddress(text: string): RedisAddress {
  return parseSentinels(text) ?? parseCluster(text) ?? parseServer(parseUrl(text));
}

function parseSentinels(text: string): RedisAddress | undefined {
  const [, scheme, login, hosts, name, db = '', query] = SENTINELS.exec(text) ?? [];
  if (hosts === undefined || name === undefined) return undefined;
  const url = parseUrl(`${scheme}://${login}sentinels${db}${query}`);
  const sentinelPassword = url.searchParams.get('sentinelPassword') ?? undefined;
  const { tls, ...rest } = loginOf(url);
  return {
    where: `${scheme}+sentinel://${hosts}/${name}`,
    secrets: [...passwordsOf(url), ...(sentinelPassword === undefined ? [] : spellings(sentinelPassword))],
    options: {
      ...rest,
      db: databaseOf(url),
      name: decoded(name),
      sentinels: nodesOf(hosts, SENTINEL_PORT),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
      ...(tls !== undefined && { tls, enableTLSForSentinelMode: true, sentinelTLS: tls }),
    },
  };
}

function parseCluster(text: string): RedisAddress | undefined {
  const [, scheme, login, hosts] = CLUSTER.exec(text) ?? [];
  if (hosts === undefined) return undefined;
  const url = parseUrl(`${scheme}://${login}cluster`);
  return {
    where: `${scheme}+cluster://${hosts}`,
    secrets: passwordsOf(url),
    options: { ...loginOf(url), nodes: nodesOf(hosts, REDIS_PORT) },
  };
}

function parseServer(url: URL): RedisAddress {
  return {
    where: `${url.protocol}//${url.host}`,
    secrets: passwordsOf(url),
    options: { ...nodeOf(url, REDIS_PORT), ...loginOf(url), db: databaseOf(url) },
  };
}

function nodesOf(hosts: string, usualPort: number): Node[] {
  return hosts.split(',').map((host) => nodeOf(parseUrl(`redis://${host}`), usualPort));
}

function nodeOf(url: URL, usualPort: number): Node {
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port || usualPort) };
}

function loginOf({ username, password, protocol }: URL): Login {
  return {
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
}

function databaseOf({ pathname }: URL): number {
  return Number(pathname.slice(1));
}

function passwordsOf({ password }: URL): string[] {
  return password === '' ? [] : [password, ...spellings(decoded(password))];
}

function spellings(password: string): string[] {
  return [password, encodeURIComponent(password)];
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (known && url.hostname !== '' && /^\/?\d*$/.test(url.pathname)) return url;
  throw invalid();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid();
  }
}

function invalid(): KastellanError {
  return new KastellanError({
    code: 'redis.address-invalid',
    message: 'The address of Redis is not one that Kastellan understands.',
    hint: 'Write it as redis://host:6379, as rediss://user:password@host:6380/0 for TLS, as redis+sentinel://user:password@host:26379,host:26379/NAME for Sentinel, or as redis+cluster://user:password@host:6379,host:6379 for a Redis Cluster, which has no other database than 0; special characters in the password are percent-encoded.',
  });
}
