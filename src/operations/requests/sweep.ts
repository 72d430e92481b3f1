import { type Request, UNBEGUN_STATES, WORKING_STATES } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { redrawRequest, tellRequest } from '../../workflows/requests/show-request.ts';
import { showReminder } from '../../workflows/secrets/show-reminder.ts';
import { drawUndrawn } from './draw-undrawn.ts';
import { isWaiting } from './process-request.ts';
import { tellUntold } from './tell-untold.ts';

type Ports = RequestPorts & Pick<World, 'reminders' | 'digests' | 'signInFailures'>;

const MAX_RESULTS = 10_000;
const RECENTLY_MS = 3_600_000;

/**
 * Finds requests that want work and that nobody works on, and wakes a worker for them: the queue may have lost a job,
 * or a worker may have died. Draws cards whose last change could not be shown, and tells people what they may not have been
 * told. It reads what is open, undrawn or has just changed, and nothing of the history.
 * @throws the first failure, once all were looked at
 */
export async function sweep(world: Ports): Promise<void> {
  const working = await world.requests.list({ states: WORKING_STATES, limit: MAX_RESULTS });
  // What was mended part by part may be over without having been told.
  const mended = await world.requests.list({ states: ['failed'], kind: 'batch' });
  const since = world.clock.now().getTime() - RECENTLY_MS;
  const recent = await world.requests.changedSince(new Date(since));
  const reminders = (await world.reminders.list()).filter(({ changedAt }) => Date.parse(changedAt) >= since);
  const tasks = [
    ...[...working, ...mended].map((request) => () => wake(world, request)),
    ...recent.map((request) => () => showAgain(world, request)),
    () => drawUndrawn(world, new Set(recent.map(({ id }) => id))),
    () => tellUntold(world),
    ...reminders.map((reminder) => () => showReminder(world, reminder)),
  ];
  await forEachConcurrently(tasks, 1, (task) => task());
}

async function wake(world: Pick<World, 'leases' | 'queue' | 'clock'>, request: Request): Promise<void> {
  if (isWaiting(request, world.clock.now())) return;
  if ((await world.leases.holder(`request:${request.id}`)) === undefined)
    await world.queue.remind(request.id);
}

// Who brought a request to its end, or to where it needs somebody, may have died before it said so. The notifier tells the
// same topic once only.
async function showAgain(world: Ports, request: Request): Promise<void> {
  if (WORKING_STATES.includes(request.state)) return;
  await (UNBEGUN_STATES.includes(request.state)
    ? redrawRequest(world, request)
    : tellRequest(world, request));
}
