import type { Request, WorkRequest } from '../../domain/requests/request.ts';
import { waitsForWindow } from '../../domain/secrets/rotation-calendar.ts';
import type { Lease } from '../../ports/leases.ts';
import type { World } from '../../ports/world.ts';
import { settleGrant } from '../../workflows/access/settle-grant.ts';
import { carryOut } from '../../workflows/requests/carry-out.ts';
import { planRequest } from '../../workflows/requests/plan-request.ts';
import { rollBack } from '../../workflows/requests/roll-back.ts';
import { viewRequest } from '../../workflows/requests/show-request.ts';
import { workOnBatch } from '../../workflows/requests/work-on-batch.ts';
import { lockOf } from './locks.ts';
import type { WorkerSlots } from './worker-slots.ts';

interface Again {
  readonly againAfterMs: number;
}

const BUSY_MS = 3_000;
const HELD_MS = 2_000;

/**
 * What a worker does when it is woken for a request: whatever the request's state asks for. Being woken twice, late or
 * for nothing does no harm: a lease lets one worker at a request, and the state says what is left to do.
 * @param signal aborts when this process has to stop
 * @param places how many requests this process may work on at once
 * @returns when to be woken again, in milliseconds, where somebody else has to finish first
 */
export async function processRequest(
  world: World,
  requestId: string,
  signal: AbortSignal,
  places: WorkerSlots,
): Promise<Again | undefined> {
  const lease = await world.leases.acquire(`request:${requestId}`, requestId);
  if (lease === undefined) return whileHeld(world, requestId);
  try {
    const request = await world.requests.find(requestId);
    if (request === undefined) return undefined;
    const both = AbortSignal.any([signal, lease.signal]);
    // It only waits for its parts, which need the places themselves.
    if (request.kind === 'batch') return await worked(world, request, both, once(workOnBatch));
    const giveBack = await places.take(lockOf(request), both);
    // A cluster that hangs would otherwise hold every place there is.
    if (giveBack === undefined) return { againAfterMs: BUSY_MS };
    return await workOn(world, request, both).finally(giveBack);
  } finally {
    await lease.release();
  }
}

// Whoever holds it may be done before it sees what this wake-up was for. Whoever has a batch looks again and again: many
// parts that change at once must not leave as many jobs waiting for it.
async function whileHeld(world: Pick<World, 'requests'>, requestId: string): Promise<Again | undefined> {
  const request = await world.requests.find(requestId);
  return request?.kind === 'batch' ? undefined : { againAfterMs: HELD_MS };
}

async function workOn(world: World, request: WorkRequest, signal: AbortSignal): Promise<Again | undefined> {
  if (request.state === 'planning') return worked(world, request, signal, once(planRequest));
  if (isWaiting(request, world.clock.now())) return undefined;
  if (request.state === 'undoing') return locked(world, request, signal, once(rollBack));
  if (request.state === 'approved' || request.state === 'running')
    return locked(world, request, signal, once(carryOut));
  // What a request gave has an end of its own, however the request itself ended.
  return request.kind === 'access' ? locked(world, request, signal, settleGrant) : undefined;
}

/** Whether a request may run but has to wait for its window: the sweep wakes a worker when that opens. */
export function isWaiting(request: Request, now: Date): boolean {
  return request.kind === 'rotation' && waitsForWindow(request, now);
}

type Work = (world: World, requestId: string, signal: AbortSignal) => Promise<Again | undefined>;

// Work that comes to its end in one go.
function once(work: (world: World, requestId: string, signal: AbortSignal) => Promise<void>): Work {
  return async (...given) => {
    await work(...given);
    return undefined;
  };
}

// What a worker does at a time is one piece of the request's trace, however often others go on with it.
function worked(world: World, request: Request, signal: AbortSignal, work: Work): Promise<Again | undefined> {
  const { id: requestId, kind, cluster, state, traceparent } = request;
  const piece = { name: `job ${state}`, requestId, kind, cluster, traceparent: async () => traceparent };
  return world.telemetry.traced(piece, () => work(world, requestId, signal));
}

// What a request changes is changed by one request at a time.
async function locked(
  world: World,
  request: WorkRequest,
  signal: AbortSignal,
  work: Work,
): Promise<Again | undefined> {
  const name = lockOf(request);
  const lease: Lease | undefined = await world.leases.acquire(name, request.id);
  if (lease === undefined) {
    const waitsFor = await world.leases.holder(name);
    await world.notifier.show(await viewRequest(world, request, waitsFor === undefined ? {} : { waitsFor }));
    return { againAfterMs: BUSY_MS };
  }
  try {
    return await worked(world, request, AbortSignal.any([signal, lease.signal]), work);
  } finally {
    await lease.release();
  }
}
