/** What identifies a group in Entra: its alternate key, and the description that Kastellan gives to those it makes. */
export interface GroupIdentity {
  readonly uniqueName?: string;
  readonly description?: string;
}

/**
 * Entra's alternate key of a level's group: how a second run finds what the first one made. Hyphens inside the names are
 * doubled, so that `prod` + `ns-admin` and `prod-ns` + `admin` have different keys; names neither begin nor end with one.
 */
export function groupKey(cluster: string, level: string): string {
  return `kastellan-${doubled(cluster)}-${doubled(level)}`;
}

/** The key that groups were given before hyphens were doubled: different pairs of names may share it. */
export function legacyGroupKey(cluster: string, level: string): string {
  return `kastellan-${cluster}-${level}`;
}

/** The description of a group that Kastellan makes. */
export function groupDescription(cluster: string, level: string): string {
  return `May sign in to Veeam Kasten as ${level} on ${cluster}. Kept by Kastellan.`;
}

/** Whether Kastellan made this group for this level of this cluster, under today's key or the one from before. */
export function isMadeFor(group: GroupIdentity, cluster: string, level: string): boolean {
  if (group.uniqueName === groupKey(cluster, level)) return true;
  return group.uniqueName === legacyGroupKey(cluster, level) && !isDescribedForAnother(group, cluster, level);
}

function doubled(name: string): string {
  return name.replaceAll('-', '--');
}

// A description that people have rewritten says nothing about the level.
function isDescribedForAnother({ description = '' }: GroupIdentity, cluster: string, level: string): boolean {
  const made = /^May sign in to Veeam Kasten as (\S+) on (\S+)\. /.exec(description);
  return made !== null && (made[1] !== level || made[2] !== cluster);
}
