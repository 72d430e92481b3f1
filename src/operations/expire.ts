import { goesWithBatch } from '../domain/batch-state.ts';
import { approvalRule, escalatesAfter, objectionTo } from '../domain/policy.ts';
import { advance, type Request } from '../domain/request.ts';
import type { RequestView, World } from '../ports.ts';
import { findApprovers } from './approvers.ts';
import { changeRequest, type Decided } from './change-request.ts';
import { showRequest, viewRequest } from './show-request.ts';

const MOST = 10_000;

/**
 * Ends requests that nobody decided on in time, lets others decide where that was agreed, and reminds approvers of those
 * that will end soon.
 */
export async function expireAndRemind(world: World): Promise<void> {
  for (const request of await world.requests.list({ states: ['pending'], limit: MOST })) {
    if (goesWithBatch(request)) {
      // It ends when that does; where nobody told it so, that is made up for here.
      if (request.batch !== undefined) await world.queue.remind(request.batch);
      continue;
    }
    const left = Date.parse(request.expiresAt ?? '') - world.clock.now().getTime();
    if (left <= 0) await expire(world, request.id);
    else if (isEscalationDue(world, request)) await escalate(world, request.id);
    else if (isReminderDue(world, request, left)) await remind(world, request.id);
  }
}

function isEscalationDue(world: World, request: Request): boolean {
  const after = escalatesAfter(world.rules, request);
  return after !== undefined && world.clock.now().getTime() - Date.parse(request.createdAt) >= after;
}

async function escalate(world: World, requestId: string): Promise<void> {
  const outcome = await changeRequest(world, requestId, (request): Decided<'decided'> => {
    if (request.state !== 'pending' || !isEscalationDue(world, request)) return { stop: 'decided' };
    const at = world.clock.now().toISOString();
    const next = advance(request, 'pending', at, { escalatedAt: at });
    return { next, event: { action: 'request.escalated', actor: 'kastellan' } };
  });
  if (!outcome.changed) return;
  const view = await viewRequest(world, outcome.request);
  await world.notifier.show(view);
  await tellApprovers(world, outcome.request, 'escalated', view);
}

function isReminderDue(world: World, request: Request, left: number): boolean {
  return dueReminders(world, request, left) > request.reminders;
}

function dueReminders(world: World, request: Request, left: number): number {
  return approvalRule(world.rules, request).remindBefore.filter((before) => left <= before).length;
}

async function expire(world: World, requestId: string): Promise<void> {
  const outcome = await changeRequest(world, requestId, (request): Decided<'decided'> => {
    if (request.state !== 'pending') return { stop: 'decided' };
    const at = world.clock.now().toISOString();
    const next = advance(request, 'expired', at, { endedAt: at });
    return { next, event: { action: 'request.expired', actor: 'kastellan' } };
  });
  if (outcome.changed) await showRequest(world, outcome.request);
}

async function remind(world: World, requestId: string): Promise<void> {
  const outcome = await changeRequest(world, requestId, (request): Decided<'decided'> => {
    if (request.state !== 'pending') return { stop: 'decided' };
    const left = Date.parse(request.expiresAt ?? '') - world.clock.now().getTime();
    const next = advance(request, 'pending', world.clock.now().toISOString(), {
      reminders: dueReminders(world, request, left),
    });
    return { next, event: { action: 'request.reminded', actor: 'kastellan' } };
  });
  if (!outcome.changed) return;
  const { request } = outcome;
  await tellApprovers(world, request, `reminder-${request.reminders}`, await viewRequest(world, request));
}

// Those whose decision would count and is not there yet.
async function tellApprovers(
  world: World,
  request: Request,
  topic: string,
  view: RequestView,
): Promise<void> {
  const approvers = await findApprovers(world, request);
  for (const approver of approvers) {
    if (objectionTo(request, approver, approvers) === undefined) {
      await world.notifier.tell(approver, topic, view);
    }
  }
}
