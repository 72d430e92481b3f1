import { approvalRule } from '../domain/policy.ts';
import { advance, type Request } from '../domain/request.ts';
import type { World } from '../ports.ts';
import { findApprovers } from './approvers.ts';
import { changeRequest, type Decided } from './change-request.ts';
import { showRequest, viewRequest } from './show-request.ts';

/** Ends requests that nobody decided on in time, and reminds approvers of those that will end soon. */
export async function expireAndRemind(world: World): Promise<void> {
  for (const request of await world.requests.list({ states: ['pending'] })) {
    const left = Date.parse(request.expiresAt ?? '') - world.clock.now().getTime();
    if (left <= 0) await expire(world, request.id);
    else if (isReminderDue(world, request, left)) await remind(world, request.id);
  }
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
  const approvers = await findApprovers(world, request);
  const decided = new Set(request.decisions.map(({ by }) => by));
  const view = await viewRequest(world, request);
  for (const approver of approvers) {
    if (approver !== request.asker && !decided.has(approver)) {
      await world.notifier.tell(approver, `reminder-${request.reminders}`, view);
    }
  }
}
