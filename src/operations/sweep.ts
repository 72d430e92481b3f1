import { WORKING_STATES } from '../domain/request.ts';
import type { World } from '../ports.ts';
import { isWaiting } from './process-request.ts';
import { showReminder } from './show-reminder.ts';
import { redrawRequest } from './show-request.ts';

// A batch stands behind all its parts.
const RECENT = 100;
const MOST = 10_000;
const RECENTLY_MS = 3_600_000;

/**
 * Finds requests that want work and that nobody works on, and wakes a worker for them: the queue may have lost a job,
 * or a worker may have died. Draws recent cards again whose last change could not be shown.
 */
export async function sweep(world: World): Promise<void> {
  const working = await world.requests.list({ states: WORKING_STATES, limit: MOST });
  // What was mended part by part may be over without having been told.
  const mended = await world.requests.list({ states: ['failed'], kind: 'batch' });
  for (const request of [...working, ...mended]) {
    if (isWaiting(request, world.clock.now())) continue;
    if ((await world.leases.holder(`request:${request.id}`)) === undefined)
      await world.queue.remind(request.id);
  }
  for (const request of await world.requests.list({ limit: RECENT })) {
    if (!WORKING_STATES.includes(request.state)) await redrawRequest(world, request);
  }
  const since = world.clock.now().getTime() - RECENTLY_MS;
  for (const reminder of await world.reminders.list()) {
    if (Date.parse(reminder.changedAt) >= since) await showReminder(world, reminder);
  }
}
