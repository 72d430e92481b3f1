import { setTimeout as sleep } from 'node:timers/promises';
import { batchDigest, followedState, nextBatchState } from '../../domain/requests/batch-state.ts';
import { planDetails } from '../../domain/requests/details.ts';
import { approvalRule } from '../../domain/requests/policy.ts';
import {
  advance,
  CALENDAR,
  type RequestOf,
  type RequestState,
  WORKING_STATES,
} from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findParts } from './batch-parts.ts';
import { changeRequest, type Decided } from './change-request.ts';
import { newRequest } from './new-request.ts';
import { showRequest, viewRequest } from './show-request.ts';

type Ports = RequestPorts & Pick<World, 'telemetry'>;
type Batch = RequestOf<'batch'>;
type Part = RequestOf<'setup'>;

// About as often as a card may show progress.
const POLL_MS = 2_500;

/**
 * Looks after a batch until it waits for somebody or is over: makes its parts, lets them follow what is decided on it, and
 * shows how they are. It does nothing to a cluster; each part is carried out like any request, by whichever worker takes it.
 * A worker that is killed here leaves nothing half-done: the batch and its parts hold the whole state.
 */
export async function workOnBatch(world: Ports, batchId: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const before = await world.requests.find(batchId);
    if (before?.kind !== 'batch') return;
    if (before.state === 'planning') await makeParts(world, before);
    await followAll(world, before);
    const state = await moveOn(world, before);
    if (state !== before.state) continue;
    if (!WORKING_STATES.includes(state)) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function makeParts(world: Ports, { id: batch, asker, spec }: Batch): Promise<void> {
  for (const { requestId, cluster, spec: wanted } of spec.parts) {
    if ((await world.requests.find(requestId)) !== undefined) continue;
    const part = { ...newRequest(world, 'setup', asker, cluster, wanted), id: requestId, batch };
    const detail = { kind: part.kind, batch };
    await world.requests.create(part, {
      action: 'request.created',
      actor: asker,
      requestId,
      cluster,
      detail,
    });
    await world.queue.add(requestId);
  }
}

async function followAll(world: Pick<World, 'requests' | 'queue' | 'clock'>, batch: Batch): Promise<void> {
  const parts = await findParts(world, batch);
  const following = parts.filter((part) => followedState(batch, part) !== undefined);
  await Promise.all(following.map((part) => follow(world, batch, part)));
}

async function follow(
  world: Pick<World, 'requests' | 'queue' | 'clock'>,
  batch: Batch,
  part: Part,
): Promise<void> {
  const outcome = await changeRequest(world, part.id, (request): Decided<'gone-on'> => {
    const to = followedState(batch, request);
    if (to === undefined) return { stop: 'gone-on' };
    const at = world.clock.now().toISOString();
    // It was approved on the batch's card, with the deadline that stands there.
    const until = to === 'approved' ? { expiresAt: batch.expiresAt } : { endedAt: at };
    const next = advance(request, to, at, { decisions: batch.decisions, ...until });
    const detail = { batch: batch.id, digest: request.planDigest ?? '' };
    return { next, event: { action: `request.${to}`, actor: whoDecided(batch, to), detail } };
  });
  if (outcome.changed && outcome.request.state === 'approved') await world.queue.add(part.id);
}

function whoDecided({ asker, decisions }: Batch, to: RequestState): string {
  if (to === 'withdrawn') return asker;
  return (to === 'expired' ? undefined : decisions.at(-1)?.by) ?? CALENDAR;
}

/** @returns the state in which the batch is then */
async function moveOn(world: Ports, batch: Batch): Promise<RequestState> {
  const outcome = await changeRequest(world, batch.id, async (request): Promise<Decided<RequestState>> => {
    if (request.kind !== 'batch') return { stop: request.state };
    const parts = await findParts(world, request);
    const to = nextBatchState(request, parts);
    return to === request.state ? { stop: to } : moved(world, request, parts, to);
  });
  if (!outcome.changed) {
    await world.notifier.show(await viewRequest(world, batch));
    return outcome.stop;
  }
  await showRequest(world, outcome.request);
  if (outcome.request.state === 'pending') await addPlans(world, batch);
  return outcome.request.state;
}

const ACTIONS: Readonly<Partial<Record<RequestState, string>>> = {
  pending: 'request.planned',
  approved: 'request.needs-no-approval',
  running: 'request.started',
};

function moved(
  world: Pick<World, 'rules' | 'clock'>,
  batch: Batch,
  parts: readonly Part[],
  to: RequestState,
): Decided<never> {
  const now = world.clock.now();
  const at = now.toISOString();
  const states = Object.groupBy(parts, ({ state }) => state);
  const detail = Object.fromEntries(Object.entries(states).map(([state, all]) => [state, all.length]));
  const next = advance(batch, to, at, {
    ...(batch.state === 'planning' && { planDigest: batchDigest(parts) }),
    ...(to === 'pending' && {
      newMembers: parts.flatMap(({ plan }) => plan?.newMembers ?? []),
      expiresAt: new Date(now.getTime() + approvalRule(world.rules, batch).expiresAfter).toISOString(),
      reminders: 0,
    }),
    ...(to === 'running' && { startedAt: batch.startedAt ?? at }),
    endedAt: to === 'done' || to === 'failed' || to === 'refused' ? at : undefined,
  });
  return { next, event: { action: ACTIONS[to] ?? `request.${to}`, actor: CALENDAR, detail } };
}

// What people decide on, cluster by cluster, stays where they can read it.
async function addPlans(world: Pick<World, 'notifier' | 'requests'>, batch: Batch): Promise<void> {
  for (const { cluster, state, plan, planDigest = '' } of await findParts(world, batch)) {
    if (state !== 'pending' || plan === undefined) continue;
    await world.notifier.addDetail(batch.id, `${cluster}: ${planDetails(plan, planDigest)}`);
  }
}
