/** A value inside an OData text literal or key: quotes doubled. */
export function odataText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A path that addresses an object by an alternate key: `groups(uniqueName='x')`. */
export function byKey(collection: string, key: string, value: string): string {
  return `/${collection}(${key}=${encodeURIComponent(odataText(value))})`;
}

/** A path whose parts are encoded. */
export function pathOf(...parts: readonly string[]): string {
  return `/${parts.map((part) => (part.startsWith('$') ? part : encodeURIComponent(part))).join('/')}`;
}
