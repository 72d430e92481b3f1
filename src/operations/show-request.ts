import { approvalRule } from '../domain/policy.ts';
import { CALENDAR, type Request } from '../domain/request.ts';
import type { RequestView, World } from '../ports.ts';
import { accessFacts } from './access-facts.ts';

/** What the card of a request is drawn from, as it stands now. */
export async function viewRequest(
  world: World,
  request: Request,
  extra: Partial<Pick<RequestView, 'live' | 'waitsFor'>> = {},
): Promise<RequestView> {
  const [journal, grant, access] = await Promise.all([
    world.journal.read(request.id),
    request.kind === 'access' ? world.grants.find(request.id) : undefined,
    request.kind === 'access' ? accessFacts(world, request) : undefined,
  ]);
  return {
    request,
    journal,
    live: {},
    approvers: approvalRule(world.rules, request).approvers,
    ...(grant !== undefined && { grant }),
    ...(access !== undefined && { access }),
    ...extra,
  };
}

/** Draws the request's card anew and tells those it is for where the request's state asks for it. */
export async function showRequest(world: World, request: Request): Promise<void> {
  const view = await viewRequest(world, request);
  await world.notifier.show(view);
  if (TOLD_STATES.has(request.state)) {
    for (const person of toldPeople(request)) {
      await world.notifier.tell(person, `${request.state}-${request.version}`, view);
    }
  }
}

// Who is given access hears of it, also where somebody else asked.
function toldPeople(request: Request): string[] {
  if (request.asker === CALENDAR) return [];
  if (request.kind !== 'access' || request.state !== 'done') return [request.asker];
  return [...new Set([request.asker, request.spec.beneficiary])];
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
