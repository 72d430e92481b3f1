import type { Json, JsonObject } from '../json.ts';

/**
 * The group names in a list of K10's values: `auth.groupAllowList` or `auth.k10AdminGroups`. Null, which is how Helm takes
 * a default away, is an empty list.
 */
export function groupNames(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((name): name is string => typeof name === 'string' && name !== '');
}

/**
 * The groups that K10 keeps in its own session token. A group that is not on a list that names any does not exist for K10,
 * whatever it is bound to; an empty list keeps all.
 * @param auth K10's values below `auth`
 * @param groups names as Kubernetes knows them: with their prefix
 * @see https://docs.kasten.io/latest/access/authentication, "Group Allow List"
 */
export function groupsThatPass(auth: JsonObject, groups: readonly string[]): string[] {
  const allowed = groupNames(auth['groupAllowList']);
  return groups.filter((group) => allowed.length === 0 || allowed.includes(group));
}
