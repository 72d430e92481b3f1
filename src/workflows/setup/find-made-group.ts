import { groupKey, isMadeFor, legacyGroupKey } from '../../domain/setup/group-key.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import type { Directory, DirectoryGroup } from '../../ports/directory.ts';

/** The group that Kastellan made for a level of a cluster, also under the key that it gave in earlier versions. */
export async function findMadeGroup(
  directory: Pick<Directory, 'findGroup'>,
  cluster: string,
  level: string,
): Promise<DirectoryGroup | undefined> {
  const [key, legacyKey] = [groupKey(cluster, level), legacyGroupKey(cluster, level)];
  const group = await directory.findGroup({ uniqueName: key });
  if (group !== undefined || legacyKey === key) return group;
  const legacy = await directory.findGroup({ uniqueName: legacyKey });
  return legacy !== undefined && isMadeFor(legacy, cluster, level) ? legacy : undefined;
}

/** The group of a level: the one that was chosen for it, or the one that Kastellan made. */
export async function findChosenOrMade(
  directory: Pick<Directory, 'findGroup'>,
  cluster: string,
  { level, group }: Pick<LevelSpec, 'level' | 'group'>,
): Promise<DirectoryGroup | undefined> {
  return 'existingId' in group
    ? directory.findGroup({ objectId: group.existingId })
    : findMadeGroup(directory, cluster, level);
}
