import {
  ended,
  type Grant,
  type GrantEnd,
  isLive,
  type Removal,
  removalOf,
  removing,
  revocationFailed,
} from '../../domain/access/grant.ts';
import { asKastellanError } from '../../domain/errors.ts';
import { atEndOf } from '../../domain/requests/policy.ts';
import { useText } from '../../domain/setup/group-use.ts';
import { type BindingsWorld, suspendBindings } from './bindings.ts';
import { changeGrant, findGrant } from './change-grant.ts';
import { loadMembershipContext } from './membership-context.ts';

/**
 * Takes a grant back: the member is removed and seen to be gone, unless the membership was there before or another grant
 * of it lasts longer. What stands in the way is noted on the grant and thrown.
 * @param end why, if the grant does not say so yet
 * @returns the ended grant
 */
export async function revokeMembership(world: BindingsWorld, id: string, end: GrantEnd): Promise<Grant> {
  const before = await findGrant(world, id);
  if (!isLive(before)) return before;
  try {
    const { grant, removal } = await removeMembership(world, before, end);
    const refusedAtOnce =
      atEndOf(world.rules, grant.level) !== 'membership' && (await suspendBindings(world, grant));
    return await noteEnd(world, grant, { removal, refusedAtOnce, end: grant.end ?? end });
  } catch (thrown) {
    await noteProblem(world, id, asKastellanError(thrown).message);
    throw thrown;
  }
}

async function removeMembership(
  world: BindingsWorld,
  before: Grant,
  end: GrantEnd,
): Promise<{ grant: Grant; removal: Removal }> {
  const { group, person } = before;
  const context = await loadMembershipContext(world, group.objectId, person.objectId, before.id);
  const removal = removalOf(before, context);
  if (removal.membership !== 'removed') return { grant: before, removal };
  const { grant } = await changeGrant(world, before.id, (current) => {
    // Another try is no news.
    if (!isLive(current) || current.removalBegunAt !== undefined) return undefined;
    const why = current.end ?? end;
    const next = removing(current, why, world.clock.now().toISOString());
    return { next, event: { action: 'grant.removing', actor: why.by, detail: { why: why.why } } };
  });
  const removed = await world.directory.removeMembers(group.objectId, [person.objectId]);
  const membership = removed.length > 0 ? 'removed' : await whyGone(world, before);
  return { grant, removal: { membership } };
}

async function whyGone(
  { directory, grants }: BindingsWorld,
  { id, person, group, grantedAt, createdAt, removalBegunAt }: Grant,
): Promise<'removed' | 'was-gone' | 'account-gone'> {
  if ((await directory.findPerson(person.objectId)) === undefined) return 'account-gone';
  // The member may have been removed already: by an interrupted attempt, or for a grant that ended together with this one.
  if (removalBegunAt !== undefined) return 'removed';
  const others = await grants.ofMembership(group.objectId, person.objectId);
  const since = Date.parse(grantedAt ?? createdAt);
  const isRemoved = others.some(
    (other) => other.id !== id && Date.parse(other.removalBegunAt ?? '') >= since,
  );
  return isRemoved ? 'removed' : 'was-gone';
}

async function noteEnd(
  world: BindingsWorld,
  before: Grant,
  how: Pick<Required<Grant>, 'removal' | 'refusedAtOnce' | 'end'>,
): Promise<Grant> {
  const { grant } = await changeGrant(world, before.id, (current) => {
    if (!isLive(current)) return undefined;
    const end = current.end ?? how.end;
    const next = ended(current, { ...how, end, at: world.clock.now().toISOString() });
    const detail = {
      ...removalDetail(how.removal),
      refusedAtOnce: how.refusedAtOnce,
      why: end.why,
      by: end.by,
      ...(end.reason !== undefined && { reason: end.reason }),
      endsAt: current.endsAt,
      lateMs: next.lateMs ?? 0,
    };
    return { next, event: { action: 'grant.ended', actor: 'kastellan', detail } };
  });
  return grant;
}

function removalDetail(removal: Removal) {
  if (removal.membership !== 'kept-for-other') return { membership: removal.membership };
  const { membership, for: other, elsewhere } = removal;
  return {
    membership,
    for: other,
    ...(elsewhere !== undefined && { goesOnWith: useText(elsewhere), until: elsewhere.until }),
  };
}

// The same problem again is no news.
async function noteProblem(world: BindingsWorld, id: string, problem: string): Promise<void> {
  await changeGrant(world, id, (current) => {
    if (!isLive(current) || current.problem === problem) return undefined;
    return {
      next: revocationFailed(current, problem),
      event: { action: 'grant.stuck', actor: 'kastellan', detail: { problem } },
    };
  });
}
