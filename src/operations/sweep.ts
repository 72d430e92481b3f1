import { WORKING_STATES } from '../domain/request.ts';
import type { World } from '../ports.ts';
import { isWaiting } from './process-request.ts';
import { viewRequest } from './show-request.ts';

const RECENT = 50;
const MOST = 10_000;

/**
 * Finds requests that want work and that nobody works on, and wakes a worker for them: the queue may have lost a job,
 * or a worker may have died. Draws recent cards again whose last change could not be shown.
 */
export async function sweep(world: World): Promise<void> {
  for (const request of await world.requests.list({ states: WORKING_STATES, limit: MOST })) {
    if (isWaiting(request, world.clock.now())) continue;
    if ((await world.leases.holder(`request:${request.id}`)) === undefined) await world.queue.add(request.id);
  }
  for (const request of await world.requests.list({ limit: RECENT })) {
    if (!WORKING_STATES.includes(request.state)) await world.notifier.show(await viewRequest(world, request));
  }
}
