import { followsBatch } from '../../domain/requests/batch-state.ts';
import { isPastDeadline } from '../../domain/requests/deadline.ts';
import { approvalRule, escalatesAfter, objectionTo } from '../../domain/requests/policy.ts';
import { advance, type Request } from '../../domain/requests/request.ts';
import type { RequestView } from '../../ports/messenger.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { changeRequest, type Decided } from '../../workflows/requests/change-request.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { redrawRequest, showRequest, viewRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts;

const MAX_RESULTS = 10_000;

/**
 * Ends requests that nobody decided on in time, lets others decide where that was agreed, and reminds approvers of those
 * that will end soon. Draws the cards of the others again, so that one that was deleted is there to be pressed.
 * @throws the first failure, once every request was looked at
 */
export async function expireAndRemind(world: Ports): Promise<void> {
  const pending = await world.requests.list({ states: ['pending'], limit: MAX_RESULTS });
  await forEachConcurrently(pending, 1, (request) => expireIfDue(world, request));
}

async function expireIfDue(world: Ports, request: Request): Promise<void> {
  if (followsBatch(request)) {
    // A part ends with its batch; if that was missed, it ends here.
    if (request.batch !== undefined) await world.queue.remind(request.batch);
    return;
  }
  if (await expireIfOver(world, request)) return;
  if (isEscalationDue(world, request)) await escalate(world, request);
  else if (isReminderDue(world, request)) await remind(world, request);
  else await redrawRequest(world, request);
}

/**
 * Ends a request that nobody decided on in time, where that was not done yet.
 * @returns whether its time is over
 */
export async function expireIfOver(world: Ports, request: Request): Promise<boolean> {
  if (request.state !== 'pending' || followsBatch(request) || !isPastDeadline(request, world.clock.now()))
    return false;
  await expire(world, request.id);
  return true;
}

function timeLeft(world: Pick<World, 'clock'>, { expiresAt }: Request): number {
  return Date.parse(expiresAt ?? '') - world.clock.now().getTime();
}

function isEscalationDue(world: Pick<World, 'rules' | 'clock'>, request: Request): boolean {
  const after = escalatesAfter(world.rules, request);
  return after !== undefined && world.clock.now().getTime() - Date.parse(request.createdAt) >= after;
}

async function escalate(world: Ports, due: Request): Promise<void> {
  const at = world.clock.now().toISOString();
  // Reads approvers before it notes the reminder: if reading failed afterwards, no reminder would be sent.
  const approvers = await findApprovers(world, { ...due, escalatedAt: at }, undefined, 'list');
  const outcome = await changeRequest(world, due.id, (request): Decided<'decided'> => {
    if (request.state !== 'pending' || !isEscalationDue(world, request)) return { stop: 'decided' };
    const next = advance(request, 'pending', at, { escalatedAt: at });
    return { next, event: { action: 'request.escalated', actor: 'kastellan' } };
  });
  if (!outcome.changed) return;
  const view = await viewRequest(world, outcome.request);
  await world.notifier.show(view);
  await tellApprovers(world, outcome.request, approvers, 'escalated', view);
}

function isReminderDue(world: Pick<World, 'rules' | 'clock'>, request: Request): boolean {
  return dueReminders(world, request) > request.reminders;
}

function dueReminders(world: Pick<World, 'rules' | 'clock'>, request: Request): number {
  const left = timeLeft(world, request);
  return approvalRule(world.rules, request).remindBefore.filter((before) => left <= before).length;
}

async function expire(world: Ports, requestId: string): Promise<void> {
  const outcome = await changeRequest(world, requestId, (request): Decided<'decided'> => {
    const now = world.clock.now();
    if (request.state !== 'pending' || !isPastDeadline(request, now)) return { stop: 'decided' };
    const at = now.toISOString();
    const next = advance(request, 'expired', at, { endedAt: at });
    return { next, event: { action: 'request.expired', actor: 'kastellan' } };
  });
  if (outcome.changed) await showRequest(world, outcome.request);
}

async function remind(world: Ports, due: Request): Promise<void> {
  // Read first, as above.
  const approvers = await findApprovers(world, due, undefined, 'list');
  const outcome = await changeRequest(world, due.id, (request): Decided<'decided'> => {
    if (request.state !== 'pending' || !isReminderDue(world, request)) return { stop: 'decided' };
    const next = advance(request, 'pending', world.clock.now().toISOString(), {
      reminders: dueReminders(world, request),
    });
    return { next, event: { action: 'request.reminded', actor: 'kastellan' } };
  });
  if (!outcome.changed) return;
  const { request } = outcome;
  const view = await viewRequest(world, request);
  await tellApprovers(world, request, approvers, `reminder-${request.reminders}`, view);
}

// Those whose decision would count and is not there yet.
async function tellApprovers(
  world: Pick<World, 'notifier'>,
  request: Request,
  approvers: ReadonlySet<string>,
  topic: string,
  view: RequestView,
): Promise<void> {
  for (const approver of approvers) {
    if (objectionTo(request, approver, approvers) === undefined) {
      await world.notifier.tell(approver, topic, view);
    }
  }
}
