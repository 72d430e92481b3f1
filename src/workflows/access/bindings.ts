import { type Grant, isDue } from '../../domain/access/grant.ts';
import { KastellanError, LATER } from '../../domain/errors.ts';
import { atEndOf } from '../../domain/requests/policy.ts';
import { isSameUse } from '../../domain/setup/group-use.ts';
import { bindingName, prefixedGroup, type RoleName, roleName } from '../../domain/setup/naming.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { World } from '../../ports/world.ts';
import { waitForLease } from '../requests/wait-for-lease.ts';
import { isGone } from '../setup/active-setups.ts';
import { lastSetup } from '../setup/last-setup.ts';
import { ownBindings } from '../setup/own-bindings.ts';

export type BindingsWorld = Pick<
  World,
  'rules' | 'openCluster' | 'leases' | 'grants' | 'rosters' | 'directory' | 'requests' | 'clock'
>;

const PATIENCE_MS = 15_000;

/**
 * Puts the group back into the level's suspended bindings.
 * @throws KastellanError `access.level-busy`, `lease.lost`
 */
export async function activateBindings(world: BindingsWorld, grant: Grant): Promise<void> {
  const { cluster, roles, subject } = await bindingsOf(world, grant);
  await alone(world, grant, async (signal) => {
    for (const role of roles) {
      const own = ownBindings(await cluster.listBindings(role), grant.level, role);
      if (own.every(({ groups }) => groups.length > 0)) continue;
      signal.throwIfAborted();
      await cluster.applyBinding(bindingName(grant.level, role), role, subject);
    }
  });
}

/**
 * Takes the group out of the level's bindings, so that the cluster refuses at once, also in sessions that are open. They
 * stay while another grant of this level needs them, and, unless they are all there is to take, while somebody is left in
 * the group.
 * @returns whether the group has no binding of this level any more
 * @throws KastellanError `access.level-busy`, `lease.lost`
 */
export async function suspendBindings(world: BindingsWorld, grant: Grant): Promise<boolean> {
  // The cluster cannot be asked, and has no binding left that gives access.
  if (await isGone(world, grant.cluster)) return false;
  const { cluster, roles, subject } = await bindingsOf(world, grant);
  return alone(world, grant, async (signal) => {
    if (await areNeeded(world, grant)) return false;
    for (const role of roles) {
      const own = ownBindings(await cluster.listBindings(role), grant.level, role);
      signal.throwIfAborted();
      if (own.some(({ groups }) => groups.includes(subject)))
        await cluster.suspendBinding(bindingName(grant.level, role), role);
    }
    // Kastellan does not empty a binding that was made by hand: such a binding still gives access.
    const left = await Promise.all(roles.map((role) => cluster.listBindings(role)));
    return left.flat().every(({ groups }) => !groups.includes(subject));
  });
}

async function areNeeded(world: BindingsWorld, grant: Grant): Promise<boolean> {
  const now = world.clock.now();
  const others = (await world.grants.live()).filter(({ id }) => id !== grant.id);
  if (others.some((other) => isSameUse(other, grant) && !isDue(other, now))) return true;
  if (atEndOf(world.rules, grant.level) === 'binding') return false;
  const [members, roster] = await Promise.all([
    world.directory.listMembers(grant.group.objectId),
    world.rosters.find(grant.group.objectId),
  ]);
  // Members of a shared group who are in it only through another grant, or leave it now, need no binding here.
  const given = new Set(
    others
      .filter(({ group, before }) => group.objectId === grant.group.objectId && before === 'absent')
      .map(({ person }) => person.objectId),
  );
  return members.some((id) => roster?.has(id) === true || !given.has(id));
}

interface LevelBindings {
  readonly cluster: Cluster;
  readonly roles: readonly RoleName[];
  /** By what name Kubernetes knows the group. */
  readonly subject: string;
}

async function bindingsOf(
  world: BindingsWorld,
  { cluster: name, level, group }: Grant,
): Promise<LevelBindings> {
  const setup = await lastSetup(world, name, level);
  const release =
    setup?.release ?? world.rules.clusters.find((known) => known.name === name)?.release ?? 'k10';
  const wanted = setup?.levels.find((known) => known.level === level);
  const roles = wanted?.roles ?? world.rules.accessLevels.find((known) => known.name === level)?.roles ?? [];
  const { groupPrefix } = setup?.signIn ?? world.rules.setup.signIn;
  return {
    cluster: world.openCluster(name).cluster,
    roles: roles.map((role) => roleName(release, role)),
    subject: prefixedGroup(groupPrefix, group.objectId),
  };
}

// Whoever rests a level's bindings must not overtake somebody who was just given it. Grants are noted before bindings are
// woken, so who comes first here does not matter.
async function alone<T>(
  world: BindingsWorld,
  grant: Grant,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const name = `level:${grant.cluster}:${grant.level}`;
  const lease = await waitForLease(world, name, grant.id, PATIENCE_MS);
  if (lease === undefined) {
    throw new KastellanError({
      code: 'access.level-busy',
      message: `Another grant is changing the bindings of ${grant.level} on ${grant.cluster}.`,
      hint: 'Nothing was changed for this one. Try again in a minute.',
      retry: LATER,
    });
  }
  try {
    return await act(lease.signal);
  } finally {
    await lease.release();
  }
}
