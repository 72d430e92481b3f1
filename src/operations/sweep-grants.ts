import { type Grant, isDue } from '../domain/grant.ts';
import type { World } from '../ports.ts';
import { findRequest } from './change-request.ts';
import { viewRequest } from './show-request.ts';

// People are told this long before the end, or when a quarter of the time is left.
const TELL_BEFORE_MS = 15 * 60_000;

/**
 * Finds grants whose time is over and wakes a worker for them, the most overdue first: the job that should have ended them
 * may be lost, or nobody was there. Tells those whose access ends soon.
 */
export async function sweepGrants(world: World): Promise<void> {
  const now = world.clock.now();
  for (const grant of await world.grants.live()) {
    if (isDue(grant, now)) await world.queue.remind(grant.id);
    else if (endsSoon(grant, now)) await tellEnd(world, grant);
  }
}

function endsSoon({ state, endsAt, durationMs }: Grant, now: Date): boolean {
  const before = Math.min(TELL_BEFORE_MS, durationMs / 4);
  return state === 'active' && Date.parse(endsAt) - now.getTime() <= before;
}

// The notifier tells the same topic once only.
async function tellEnd(world: World, grant: Grant): Promise<void> {
  const view = await viewRequest(world, await findRequest(world, grant.id));
  await world.notifier.tell(grant.beneficiary, 'grant-ends-soon', view);
}
