import { approvalRule } from '../domain/policy.ts';
import { CALENDAR, type Request } from '../domain/request.ts';
import type { RequestView, World } from '../ports.ts';

/** What the card of a request is drawn from, as it stands now. */
export async function viewRequest(
  world: World,
  request: Request,
  extra: Partial<Pick<RequestView, 'live' | 'waitsFor'>> = {},
): Promise<RequestView> {
  return {
    request,
    journal: await world.journal.read(request.id),
    live: {},
    approvers: approvalRule(world.rules, request).approvers,
    ...extra,
  };
}

/** Draws the request's card anew and tells the asker where the request's state asks for it. */
export async function showRequest(world: World, request: Request): Promise<void> {
  const view = await viewRequest(world, request);
  await world.notifier.show(view);
  if (TOLD_STATES.has(request.state) && request.asker !== CALENDAR) {
    await world.notifier.tell(request.asker, `${request.state}-${request.version}`, view);
  }
}

// The asker hears directly of what waits, what ended and what needs somebody; the card shows all in between.
const TOLD_STATES = new Set<Request['state']>([
  'pending',
  'refused',
  'denied',
  'expired',
  'done',
  'failed',
  'undone',
  'needs-operator',
]);
