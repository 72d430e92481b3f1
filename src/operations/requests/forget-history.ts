import { missingReviews } from '../../domain/access/grant.ts';
import { isPastDeadline } from '../../domain/requests/deadline.ts';
import { isFinal, type Request, type RequestKind, type RequestOf } from '../../domain/requests/request.ts';
import type { History } from '../../ports/stores.ts';
import type { World } from '../../ports/world.ts';
import { findParts } from '../../workflows/requests/batch-parts.ts';
import { activeSetups, lastTeardown } from '../../workflows/setup/active-setups.ts';

type Ports = Pick<World, 'requests' | 'grants' | 'clock' | 'log'> & { readonly history: History };

// Set-ups come before the batches that they belong to.
const KINDS: readonly RequestKind[] = ['access', 'rotation', 'setup', 'teardown', 'batch'];
const PAGE = 100;

/**
 * Forgets requests that have been over for so long, with their grants, journals and cards; what is live, and what a cluster
 * still stands on, stays. Safe to run twice.
 * @param keepMs how long what is over is kept, in milliseconds
 * @param limit how many are forgotten at the most
 */
export async function forgetHistory(world: Ports, keepMs: number, limit: number): Promise<void> {
  const before = new Date(world.clock.now().getTime() - keepMs);
  let forgotten = 0;
  for (const kind of KINDS) forgotten += await forgetKind(world, kind, before, limit - forgotten);
  if (forgotten > 0)
    world.log.info({ forgotten, before: before.toISOString() }, 'Old requests were forgotten');
}

async function forgetKind(world: Ports, kind: RequestKind, before: Date, limit: number): Promise<number> {
  let forgotten = 0;
  for (let kept = 0; forgotten < limit; ) {
    const wanted = Math.min(PAGE, limit - forgotten);
    const page = await world.history.oldest(kind, before, { offset: kept, limit: wanted });
    for (const request of page) {
      if (request !== undefined && (await forget(world, request, before))) forgotten += 1;
      else kept += 1;
    }
    if (page.length < wanted) break;
  }
  return forgotten;
}

async function forget(world: Ports, request: Request, before: Date): Promise<boolean> {
  if (!isOver(request, world.clock.now()) || request.changedAt >= before.toISOString()) return false;
  switch (request.kind) {
    case 'access':
      return forgetAccess(world, request, before);
    case 'setup':
      return !(await standsOn(world, request)) && world.history.forget(request, undefined);
    case 'rotation':
      return !(await isNewestRotation(world, request)) && world.history.forget(request, undefined);
    case 'teardown':
      return (
        (await lastTeardown(world, request.cluster))?.id !== request.id &&
        world.history.forget(request, undefined)
      );
    case 'batch':
      return (await findParts(world, request)).length === 0 && world.history.forget(request, undefined);
  }
}

// Access that failed can be asked for again only once its deadline is over; what else failed waits for a person.
function isOver(request: Request, now: Date): boolean {
  if (isFinal(request.state)) return true;
  return request.kind === 'access' && request.state === 'failed' && isPastDeadline(request, now);
}

async function forgetAccess(world: Ports, request: RequestOf<'access'>, before: Date): Promise<boolean> {
  const grant = await world.grants.find(request.id);
  if (grant === undefined) return world.history.forget(request, undefined);
  const { group, person, restorableUntil, endedAt, endsAt } = grant;
  if (missingReviews(grant) > 0 || restorableUntil !== undefined) return false;
  if ((endedAt ?? endsAt) >= before.toISOString()) return false;
  // How a live one ends, depends on those that were beside it.
  const live = await world.grants.liveOfMembership(group.objectId, person.objectId);
  return live.length === 0 && world.history.forget(request, grant);
}

// A tear-down that is kept says what it was for.
async function standsOn(world: Ports, { id, cluster, state }: RequestOf<'setup'>): Promise<boolean> {
  if (state !== 'done') return false;
  const [active, last] = await Promise.all([activeSetups(world, cluster), lastTeardown(world, cluster)]);
  return active.some((setup) => setup.id === id) || last?.spec.setupId === id;
}

// The calendar counts on from the newest, and reminders say which one put a secret in.
async function isNewestRotation(world: Ports, { id, cluster }: RequestOf<'rotation'>): Promise<boolean> {
  const of = { cluster, kind: 'rotation', limit: 1 } as const;
  const newest = await Promise.all([
    world.requests.list(of),
    world.requests.list({ ...of, states: ['done'] }),
  ]);
  return newest.flat().some((rotation) => rotation.id === id);
}
