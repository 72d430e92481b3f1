import { KastellanError } from '../../domain/errors.ts';

/** An address of Redis, taken apart. */
export interface RedisAddress {
  /** Who is asked, without user and password. */
  readonly where: string;
  /** Passwords in it, as they are and as they are written. */
  readonly secrets: readonly string[];
  /** What the client has to know. */
  readonly options: DirectOptions | SentinelOptions;
}

interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  readonly tls?: object;
}

interface DirectOptions extends Login {
  readonly host: string;
  readonly port: number;
}

interface SentinelOptions extends Login {
  readonly name: string;
  readonly sentinels: { readonly host: string; readonly port: number }[];
  readonly sentinelPassword?: string;
  readonly enableTLSForSentinelMode?: true;
  readonly sentinelTLS?: object;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;
// Several hosts are more than a URL may name.
const SENTINELS = /^(rediss?)\+sentinel:\/\/((?:[^@/]*@)?)([^@/?]+)\/([^/?]+)((?:\/\d+)?)((?:\?.*)?)$/;

/**
 * @param text `redis://` or `rediss://` (TLS) with one host, or `redis+sentinel://user:password@s1:26379,s2:26379/NAME/0`
 *   with Sentinels and the name under which they know the primary; their own password as `?sentinelPassword=`
 * @throws KastellanError `redis.address-invalid`
 */
export function parseAddress(text: string): RedisAddress {
  const [, scheme, login, hosts, name, db = '', query] = SENTINELS.exec(text) ?? [];
  if (hosts === undefined || name === undefined) return direct(parseUrl(text));
  const url = parseUrl(`${scheme}://${login}sentinels${db}${query}`);
  const sentinels = hosts.split(',').map((host) => parseUrl(`redis://${host}`));
  const sentinelPassword = url.searchParams.get('sentinelPassword') ?? undefined;
  const { tls, ...rest } = loginOf(url);
  return {
    where: `${scheme}+sentinel://${hosts}/${name}`,
    secrets: [...passwordsOf(url), ...(sentinelPassword === undefined ? [] : spellings(sentinelPassword))],
    options: {
      ...rest,
      name: decoded(name),
      sentinels: sentinels.map((one) => hostOf(one, SENTINEL_PORT)),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
      ...(tls !== undefined && { tls, enableTLSForSentinelMode: true, sentinelTLS: tls }),
    },
  };
}

function direct(url: URL): RedisAddress {
  return {
    where: `${url.protocol}//${url.host}`,
    secrets: passwordsOf(url),
    options: { ...hostOf(url, REDIS_PORT), ...loginOf(url) },
  };
}

function hostOf(url: URL, usualPort: number): { host: string; port: number } {
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port: Number(url.port || usualPort) };
}

function loginOf({ username, password, pathname, protocol }: URL): Login {
  return {
    ...(username !== '' && { username: decoded(username) }),
    ...(password !== '' && { password: decoded(password) }),
    db: Number(pathname.slice(1)),
    ...(protocol === 'rediss:' && { tls: {} }),
  };
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
    hint: 'Write it as redis://host:6379, as rediss://user:password@host:6380/0 for TLS, or as redis+sentinel://user:password@host:26379,host:26379/NAME for Sentinel; special characters in the password are percent-encoded.',
  });
}
