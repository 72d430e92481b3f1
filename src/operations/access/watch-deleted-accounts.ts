import { type Grant, notBack, reappeared, removalOf } from '../../domain/access/grant.ts';
import { explanationOf } from '../../domain/access/member-drift.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeGrant } from '../../workflows/access/change-grant.ts';
import { readChanges } from '../../workflows/access/member-drift.ts';
import { loadMembershipContext } from '../../workflows/access/membership-context.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { redrawRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts & Pick<World, 'directory' | 'rosters' | 'log'>;

const CONCURRENCY = 4;

/**
 * Looks whether accounts that were deleted when their access ended are there again: Entra brings back what they were a
 * member of, also where its time is over. A worker takes that back as it does any access that is over.
 */
export async function watchDeletedAccounts(world: Ports): Promise<void> {
  await forEachConcurrently(await world.grants.restorable(), CONCURRENCY, (grant) =>
    checkGrant(world, grant),
  );
}

async function checkGrant(world: Ports, grant: Grant): Promise<void> {
  const isThere = (await world.directory.findPerson(grant.person.objectId)) !== undefined;
  if (isThere && (await isBack(world, grant))) return revokeAgain(world, grant.id);
  await changeGrant(world, grant.id, (current) => {
    const next = notBack(current, isThere, world.clock.now());
    if (next === undefined) return undefined;
    const action = next.restorableUntil === undefined ? 'grant.watch-ended' : 'grant.account-restored';
    return { next, event: { action, actor: 'kastellan', detail: { account: isThere ? 'there' : 'gone' } } };
  });
}

// A membership or grant that was given again after the end is intended.
async function isBack(
  world: Pick<World, 'directory' | 'grants' | 'rosters' | 'clock'>,
  grant: Grant,
): Promise<boolean> {
  const { id, person, endedAt = grant.endsAt } = grant;
  const group = await world.directory.findGroup({ objectId: grant.group.objectId });
  if (group === undefined) return false;
  const members = await world.directory.listMembers(group.objectId);
  if (!members.includes(person.objectId)) return false;
  const context = await loadMembershipContext(world, group.objectId, person.objectId, id);
  if (removalOf(grant, context).membership !== 'removed') return false;
  const { changes } = await readChanges(world, group.objectId);
  const added = explanationOf({ kind: 'unaccounted', personId: person.objectId }, changes);
  return added === undefined || Date.parse(added.at) < Date.parse(endedAt);
}

async function revokeAgain(world: Ports, id: string): Promise<void> {
  const { changed } = await changeGrant(world, id, (current) => {
    const { restorableUntil, endedAt } = current;
    if (restorableUntil === undefined) return undefined;
    const next = reappeared(current, world.clock.now().toISOString());
    const detail = endedAt === undefined ? {} : { endedAt };
    return { next, event: { action: 'grant.came-back', actor: 'kastellan', detail } };
  });
  if (!changed) return;
  world.log.warn({ request: id }, 'Access that was over came back with a restored account; it is taken back');
  await world.queue.add(id);
  await redrawRequest(world, await findRequest(world, id));
}
