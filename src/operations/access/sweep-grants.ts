import { type Grant, isDue, outlastsApproval, shortened } from '../../domain/access/grant.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeGrant } from '../../workflows/access/change-grant.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { viewRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts & Pick<World, 'log'>;

// People are told this long before the end, or when a quarter of the time is left.
const TELL_BEFORE_MS = 15 * 60_000;

/**
 * Finds grants whose time is over and wakes a worker for them, the most overdue first: the job that should have ended them
 * may be lost, or no process ran. Tells those whose access ends soon, and lets none last longer because the clock was set
 * back.
 * @throws the first failure, once every grant was looked at
 */
export async function sweepGrants(world: Ports): Promise<void> {
  const now = world.clock.now();
  await forEachConcurrently(await world.grants.live(), 1, async (grant) => {
    if (isDue(grant, now)) await world.queue.remind(grant.id);
    else if (outlastsApproval(grant, now)) await shorten(world, grant.id);
    else if (endsSoon(grant, now)) await tellEnd(world, grant);
  });
}

async function shorten(world: Ports, id: string): Promise<void> {
  const now = world.clock.now();
  const { grant, changed } = await changeGrant(world, id, (current) => {
    if (isDue(current, now) || !outlastsApproval(current, now)) return undefined;
    const next = shortened(current, now.toISOString());
    const detail = { endsAt: next.endsAt, before: current.endsAt };
    return { next, event: { action: 'grant.shortened', actor: 'kastellan', detail } };
  });
  if (!changed) return;
  world.log.warn({ request: id, endsAt: grant.endsAt }, 'The clock was set back; access ends earlier by it');
  await world.queue.add(id, grant.durationMs);
  await world.notifier.show(await viewRequest(world, await findRequest(world, id)));
}

function endsSoon({ state, endsAt, durationMs }: Grant, now: Date): boolean {
  const before = Math.min(TELL_BEFORE_MS, durationMs / 4);
  return state === 'active' && Date.parse(endsAt) - now.getTime() <= before;
}

// The notifier tells the same topic once only.
async function tellEnd(world: Ports, grant: Grant): Promise<void> {
  const view = await viewRequest(world, await findRequest(world, grant.id));
  await world.notifier.tell(grant.beneficiary, 'grant-ends-soon', view);
}
