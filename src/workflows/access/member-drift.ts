import {
  explanationOf,
  type MemberDrift,
  type MembershipChange,
  memberDrift,
} from '../../domain/access/member-drift.ts';
import { asKastellanError } from '../../domain/errors.ts';
import { atEndOf } from '../../domain/requests/policy.ts';
import type { World } from '../../ports/world.ts';

type Ports = Pick<World, 'rules' | 'directory' | 'grants' | 'rosters' | 'clock'>;

/** A member of a group without a known reason, or a person who should be a member and is not. */
export interface MemberDriftView {
  readonly kind: 'unaccounted' | 'missing';
  readonly name: string;
  /** The grant by which they should be there. */
  readonly grant?: string;
  /** Who did it, and when (ISO time), where Entra tells. */
  readonly by?: string;
  readonly since?: string;
}

export interface MemberDriftReport {
  readonly people: readonly MemberDriftView[];
  /** How many more there are. */
  readonly more: number;
  /** Whether the roster of permanent members is known. */
  readonly rosterKnown: boolean;
  /** Why Entra does not say who did it. */
  readonly unread?: string;
}

// A card has room for some of them; the count says how many there are.
const MOST_NAMED = 10;

/**
 * Members of a level's group whom nobody can account for, and people who should be members and are not; with who changed
 * that and since when, where Entra tells. Nothing is changed: a person decides.
 */
export async function lookForMemberDrift(
  world: Ports,
  level: string,
  groupId: string,
): Promise<MemberDriftReport | undefined> {
  // If the members are managed elsewhere, all of them belong there.
  if (atEndOf(world.rules, level) === 'binding') return undefined;
  const [members, roster, grants] = await Promise.all([
    world.directory.listMembers(groupId),
    world.rosters.find(groupId),
    world.grants.live(),
  ]);
  const own = grants.filter(({ group }) => group.objectId === groupId);
  const drift = memberDrift(members, roster, own, world.clock.now());
  if (drift.length === 0) return undefined;
  const { changes, unread } = await readChanges(world, groupId);
  const named = await Promise.all(drift.slice(0, MOST_NAMED).map((one) => viewOf(world, one, changes)));
  return {
    people: named,
    more: drift.length - named.length,
    rosterKnown: roster !== undefined,
    ...(unread !== undefined && { unread }),
  };
}

async function viewOf(
  world: Pick<World, 'directory'>,
  drift: MemberDrift,
  changes: readonly MembershipChange[],
): Promise<MemberDriftView> {
  const { kind, personId, grant } = drift;
  const person = await world.directory.findPerson(personId).catch(() => undefined);
  const change = explanationOf(drift, changes);
  return {
    kind,
    name: person?.name ?? personId,
    ...(grant !== undefined && { grant }),
    ...(change !== undefined && { by: change.by, since: change.at }),
  };
}

/** How people came into a group and left it; nothing, and why, where Entra does not tell: what was done is told without it, too. */
export async function readChanges(
  world: Pick<World, 'directory'>,
  groupId: string,
): Promise<{ changes: readonly MembershipChange[]; unread?: string }> {
  try {
    return { changes: await world.directory.listMembershipChanges(groupId) };
  } catch (thrown) {
    const { message } = asKastellanError(thrown);
    return { changes: [], unread: message };
  }
}
