import { legacyGroupKey } from '../domain/setup/group-key.ts';
import { bindingName, type K10Role, roleName } from '../domain/setup/naming.ts';

interface Names {
  readonly clusters: readonly { readonly name: string; readonly release: string }[];
  readonly accessLevels: readonly { readonly name: string; readonly roles: readonly K10Role[] }[];
}

/**
 * Names of clusters and access levels that would give two of them the same group in Entra, or the same binding in a
 * cluster: each as a sentence that names both.
 */
export function sharedNames({ clusters, accessLevels }: Names): string[] {
  const groups = clusters.flatMap(({ name: cluster }) =>
    accessLevels.map(({ name: level }) => ({
      name: legacyGroupKey(cluster, level),
      owner: `${level} on ${cluster}`,
    })),
  );
  const bindings = clusters.map(({ release }) =>
    accessLevels.flatMap(({ name: level, roles }) =>
      roles.map((role) => ({
        name: bindingName(level, roleName(release, role)),
        owner: `${role} of ${level}`,
      })),
    ),
  );
  return [
    ...collisions(groups).map((both) => `has names that lead to one group for ${both}: rename one of them`),
    ...new Set(
      bindings
        .flatMap(collisions)
        .map((both) => `has names that lead to one binding for ${both}: rename a level`),
    ),
  ];
}

function collisions(all: readonly { readonly name: string; readonly owner: string }[]): string[] {
  const owners = Map.groupBy(all, ({ name }) => name);
  return [...owners.values()].flatMap((group) =>
    new Set(group.map(({ owner }) => owner)).size > 1 ? [group.map(({ owner }) => owner).join(' and ')] : [],
  );
}
