/**
 * The same function, which works a stored object out once and remembers the result for as long as the object lives.
 * Stored objects never change: a change stores a new one.
 */
export function oncePerObject<K extends object, V>(derive: (object: K) => V): (object: K) => V {
  const known = new WeakMap<K, { readonly value: V }>();
  return (object) => {
    const found = known.get(object) ?? { value: derive(object) };
    known.set(object, found);
    return found.value;
  };
}
