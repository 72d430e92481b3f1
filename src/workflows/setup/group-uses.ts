import { alsoLetIn } from '../../domain/requests/policy.ts';
import type { RequestOf } from '../../domain/requests/request.ts';
import type { Policy } from '../../domain/requests/rules.ts';
import { type GroupIdentity, isMadeFor } from '../../domain/setup/group-key.ts';
import { type GroupUse, isSameUse, useText } from '../../domain/setup/group-use.ts';
import type { ClusterSetup, LevelSpec } from '../../domain/setup/setup.ts';
import type { DirectoryGroup } from '../../ports/directory.ts';
import type { RequestStore } from '../../ports/stores.ts';
import { activeSetupsByCluster } from './active-setups.ts';

interface Memory {
  readonly rules: Policy;
  readonly requests: RequestStore;
}

type Group = Pick<DirectoryGroup, 'objectId'> & GroupIdentity;

/**
 * Every level of every configured cluster behind which a group stands: the one that was chosen there, or the one that was
 * made for it. What nobody remembers, as after the loss of Redis, is recognised only where Kastellan made the group.
 */
export async function usesOfGroup({ rules, requests }: Memory, group: Group): Promise<GroupUse[]> {
  const active = await activeSetupsByCluster({ requests });
  return rules.clusters.flatMap(({ name: cluster }) => {
    const { setups = [], tornDown = false } = active.get(cluster) ?? {};
    const known = new Set(setups.flatMap(({ spec }) => spec.levels.map(({ level }) => level)));
    const configured = rules.accessLevels.map(({ name }) => name);
    return [...new Set([...configured, ...known])]
      .filter((level) =>
        known.has(level)
          ? choicesOf(setups, level).some((choice) => isMeant(choice, group, cluster))
          : !tornDown && isMadeFor(group, cluster, level),
      )
      .map((level) => ({ cluster, level }));
  });
}

/**
 * Where else somebody gets in who is put into the group of this level for a time.
 * @param together what is set up in the same request: its groups count before that is done and after, in the same order
 */
export async function otherUses(
  world: Memory,
  own: GroupUse,
  group: Group,
  together: readonly ClusterSetup[] = [],
): Promise<GroupUse[]> {
  const uses = await usesOfGroup(world, group);
  const more = together
    .flatMap(({ cluster, spec }) => spec.levels.map((choice) => ({ cluster, choice })))
    .filter(({ cluster, choice }) => isMeant(choice, group, cluster))
    .map(({ cluster, choice: { level } }) => ({ cluster, level }))
    .filter((use) => !uses.some((known) => isSameUse(known, use)));
  const all = [...uses, ...more].toSorted((a, b) => useText(a).localeCompare(useText(b)));
  return alsoLetIn(world.rules, own, all);
}

// The last set-up that came to its end decides; one after it that did not may have got as far as the bindings.
function choicesOf(setups: readonly RequestOf<'setup'>[], level: string): LevelSpec[] {
  const having = setups.flatMap(({ state, spec }) =>
    spec.levels.filter((candidate) => candidate.level === level).map((choice) => ({ state, choice })),
  );
  const last = having.findIndex(({ state }) => state === 'done');
  return having.slice(0, last === -1 ? having.length : last + 1).map(({ choice }) => choice);
}

function isMeant({ group: choice, level }: LevelSpec, group: Group, cluster: string): boolean {
  return 'existingId' in choice ? choice.existingId === group.objectId : isMadeFor(group, cluster, level);
}
