import type { Json, JsonObject } from '../json.ts';

/**
 * The group names in a list of K10's values: `auth.groupAllowList` or `auth.k10AdminGroups`. Null, which is how Helm takes
 * a default away, is an empty list.
 */
export function groupNames(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((name): name is string => typeof name === 'string' && name !== '');
}

/** Whether a group's name ends in an object ID, as those of Entra do for K10. */
export function isEntraGroup(name: string): boolean {
  return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
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

/**
 * The values below `auth` with which these groups pass: unchanged if all of them do. Without `k10AdminGroups`, K10's chart
 * binds every group on the list as an administrator, with all Secrets of the cluster. Groups that are administrators by that
 * stay so, and the groups that are added do not become administrators.
 * @param groups names with their prefix
 */
export function withGroupsAllowed(auth: JsonObject, groups: readonly string[]): JsonObject {
  const allowed = groupNames(auth['groupAllowList']);
  const missing = groups.filter((group) => !allowed.includes(group));
  if (allowed.length === 0 || missing.length === 0) return auth;
  const administrators = groupNames(auth['k10AdminGroups']);
  return {
    ...auth,
    groupAllowList: [...allowed, ...missing],
    ...(administrators.length === 0 && { k10AdminGroups: allowed }),
  };
}

/** The groups that K10's chart itself makes administrators: `k10AdminGroups`, or, without any, the whole list. */
export function chartAdministrators(auth: JsonObject): string[] {
  const named = groupNames(auth['k10AdminGroups']);
  return named.length > 0 ? named : groupNames(auth['groupAllowList']);
}
