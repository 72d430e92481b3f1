import type { Grant } from '../../domain/access/grant.ts';
import { followsBatch } from '../../domain/requests/batch-state.ts';
import { approvalRule } from '../../domain/requests/policy.ts';
import { CALENDAR, type Request, type RequestOf, WORKING_STATES } from '../../domain/requests/request.ts';
import { signInPlace } from '../../domain/setup/configured.ts';
import type { PartView, RequestView } from '../../ports/messenger.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { accessFacts } from '../access/access-facts.ts';
import { findWitnesses } from './approvers.ts';
import { findParts, wakeBatch } from './batch-parts.ts';

type Ports = RequestPorts;

/** What the card of a request is drawn from, as it stands now. */
export async function viewRequest(
  world: Ports,
  request: Request,
  extra: Partial<Pick<RequestView, 'live' | 'waitsFor'>> = {},
): Promise<RequestView> {
  const [journal, grant, access, parts] = await Promise.all([
    world.journal.read(request.id),
    request.kind === 'access' ? world.grants.find(request.id) : undefined,
    request.kind === 'access' ? accessFacts(world, request) : undefined,
    request.kind === 'batch' ? viewParts(world, request) : undefined,
  ]);
  return {
    request,
    journal,
    live: {},
    approvers: approvalRule(world.rules, request).approvers,
    ...(grant !== undefined && { grant }),
    ...(access !== undefined && { access }),
    ...(parts !== undefined && { parts }),
    ...signInOf(world, request, grant),
    ...extra,
  };
}

function signInOf(
  { rules }: Pick<World, 'rules'>,
  request: Request,
  grant: Grant | undefined,
): Pick<RequestView, 'signIn'> {
  switch (request.kind) {
    case 'access':
      return grant === undefined ? {} : { signIn: signInPlace(rules, request.cluster, grant.dashboard) };
    case 'setup':
      return { signIn: signInPlace(rules, request.cluster, request.spec) };
    case 'rotation':
      return { signIn: signInPlace(rules, request.cluster, request.spec.setup) };
    case 'batch':
    case 'teardown':
      return {};
  }
}

async function viewParts(
  world: Pick<World, 'requests' | 'journal'>,
  batch: RequestOf<'batch'>,
): Promise<PartView[]> {
  const parts = await findParts(world, batch);
  return Promise.all(
    parts.map(async (request) => ({
      request,
      // How far it is matters while it moves only.
      journal: WORKING_STATES.includes(request.state) ? await world.journal.read(request.id) : {},
    })),
  );
}

/** Draws the request's card as it stands now; what goes with its batch is drawn on that one's card. */
export async function redrawRequest(world: Ports, request: Request): Promise<void> {
  if (!followsBatch(request)) await world.notifier.show(await viewRequest(world, request));
}

/** Shows and tells a request's new state, and wakes a worker for the batch that has to know of it. */
export async function showRequest(world: Ports, request: Request): Promise<void> {
  await tellRequest(world, request);
  if (request.batch !== undefined) return wakeBatch(world, request.batch);
  // What was decided on a batch, its parts have to follow.
  if (request.kind === 'batch' && !WORKING_STATES.includes(request.state)) await wakeBatch(world, request.id);
}

/**
 * Draws the request's card anew and tells those it is for where the request's state asks for it. Of a part, its batch tells.
 */
export async function tellRequest(world: Ports, request: Request): Promise<void> {
  if (request.batch !== undefined) return redrawRequest(world, request);
  const view = await viewRequest(world, request);
  await world.notifier.show(view);
  if (NOTIFIED_STATES.has(request.state) || request.revocation !== undefined) {
    for (const person of await peopleToNotify(world, request)) {
      await world.notifier.tell(person, `${request.state}-${request.version}`, view);
    }
  }
}

// The person who gets access is notified, also if another person asked; witnesses of break-glass are notified of a refusal.
async function peopleToNotify(world: Pick<World, 'rules' | 'people'>, request: Request): Promise<string[]> {
  if (request.asker === CALENDAR) return [];
  if (request.kind !== 'access') return [request.asker];
  if (request.state === 'done') return [...new Set([request.asker, request.spec.beneficiary])];
  const isNothing = request.spec.breakGlass === true && request.state === 'refused';
  return [request.asker, ...(isNothing ? await findWitnesses(world, request) : [])];
}

// The requester is notified directly of waits, ends and needed actions; the card shows all in between.
const NOTIFIED_STATES = new Set<Request['state']>([
  'pending',
  'refused',
  'denied',
  'expired',
  'done',
  'failed',
  'undone',
  'needs-operator',
]);
