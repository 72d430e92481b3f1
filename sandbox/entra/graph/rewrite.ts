const alternateKey =
  /^(\/v1\.0\/\w+(?:\/[^/?]+\/\w+)?)\((\w+)=(?:'|%27)((?:[^'%?]|''|%(?!27)[0-9A-Fa-f]{2}|%27%27)*)(?:'|%27)\)/;

/** Turns `/groups(uniqueName='x')` into `/groups/uniqueName=x`, which a router can read. */
export function rewriteAlternateKey(url: string): string {
  const path = url.replace(/^\/v1\.0\/+/, '/v1.0/');
  return path.replace(alternateKey, (_all, before: string, name: string, value: string) => {
    const text = decodeURIComponent(value).replaceAll("''", "'");
    return `${before}/${name}=${encodeURIComponent(text)}`;
  });
}
