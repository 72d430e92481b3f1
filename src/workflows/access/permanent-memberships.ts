import type { Journal } from '../../domain/requests/journal.ts';
import { type GroupUse, isSameUse } from '../../domain/setup/group-use.ts';
import type { LevelSpec } from '../../domain/setup/setup.ts';
import type { World } from '../../ports/world.ts';
import { forEachConcurrently } from '../requests/for-each-concurrently.ts';
import { activeSetupsByCluster } from '../setup/active-setups.ts';
import type { SamePerson } from './same-person.ts';

const CONCURRENCY = 4;

/** The levels behind whose group the person is on the roster of permanent members, with whichever account; asks Redis only. */
export async function findPermanentMemberships(
  world: Pick<World, 'requests' | 'journal' | 'rosters'>,
  { objectIds }: SamePerson,
): Promise<GroupUse[]> {
  const active = await activeSetupsByCluster(world);
  const setups = [...active.values()].flatMap((one) => one.setups);
  const uses = await forEachConcurrently(setups, CONCURRENCY, async ({ id, cluster, spec }) => {
    const journal = await world.journal.read(id);
    const rosters = await Promise.all(spec.levels.map((level) => rosterOf(world, level, journal)));
    return spec.levels
      .filter((_level, index) => [...objectIds].some((objectId) => rosters[index]?.has(objectId) === true))
      .map(({ level }) => ({ cluster, level }));
  });
  const all = uses.flat();
  return all.filter((use, index) => all.findIndex((other) => isSameUse(use, other)) === index);
}

async function rosterOf(
  { rosters }: Pick<World, 'rosters'>,
  { level, group }: LevelSpec,
  journal: Journal,
): Promise<ReadonlySet<string> | undefined> {
  const groupId = 'existingId' in group ? group.existingId : journal[`group:${level}`]?.memory['groupId'];
  return typeof groupId === 'string' ? rosters.find(groupId) : undefined;
}
