import { type Grant, isDue } from './grant.ts';

/** A member whom nobody can account for, or somebody who should be one and is not. By object ID. */
export interface MemberDrift {
  readonly kind: 'unaccounted' | 'missing';
  readonly personId: string;
  /** The grant by which somebody should be a member. */
  readonly grant?: string;
}

/** What Entra tells of how somebody came into a group, or left it. */
export interface MembershipChange {
  readonly personId: string;
  readonly change: 'added' | 'removed';
  /** The person's or application's name, as Entra shows it. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
}

/**
 * What is different between who is in a group and who should be.
 * @param members object IDs, as Entra has them now
 * @param roster those who belong there for good; undefined where nobody remembers, so that nobody is accounted for by it
 * @param grants live grants of this group
 */
export function memberDrift(
  members: readonly string[],
  roster: ReadonlySet<string> | undefined,
  grants: readonly Grant[],
  now: Date,
): MemberDrift[] {
  const present = new Set(members);
  const given = new Map(grants.map((grant) => [grant.person.objectId, grant]));
  const unaccounted = members.filter((id) => !given.has(id) && roster?.has(id) !== true);
  const left = [...(roster ?? [])].filter((id) => !present.has(id) && !given.has(id));
  // Who is being given access, or losing it, is not there yet or any more.
  const taken = grants.filter(
    (grant) => grant.state === 'active' && !isDue(grant, now) && !present.has(grant.person.objectId),
  );
  return [
    ...unaccounted.map((personId): MemberDrift => ({ kind: 'unaccounted', personId })),
    ...left.map((personId): MemberDrift => ({ kind: 'missing', personId })),
    ...taken.map(
      ({ person, id }): MemberDrift => ({ kind: 'missing', personId: person.objectId, grant: id }),
    ),
  ];
}

/** The newest change that explains a drift; undefined where Entra does not tell. */
export function explanationOf(
  { kind, personId }: MemberDrift,
  changes: readonly MembershipChange[],
): MembershipChange | undefined {
  const wanted = kind === 'unaccounted' ? 'added' : 'removed';
  return changes
    .filter((change) => change.personId === personId && change.change === wanted)
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}
