import { dayAfter, dayAt } from '../../domain/calendar.ts';
import { expiryRules } from '../../domain/requests/policy.ts';
import {
  advance,
  CALENDAR,
  type Request,
  type RequestOf,
  UNBEGUN_STATES,
} from '../../domain/requests/request.ts';
import { autoRotation } from '../../domain/secrets/rotation-calendar.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { changeRequest, findRequest } from '../../workflows/requests/change-request.ts';
import { showRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts & Pick<World, 'audit'>;
export type PostponeRefusal =
  | { readonly why: 'not-allowed'; readonly request: Request }
  | { readonly why: 'too-late'; readonly request: Request }
  /** The secret ends before there is another day. */
  | { readonly why: 'no-later-day'; readonly request: Request }
  /** The day that was chosen is none of these any more. */
  | { readonly why: 'other-day'; readonly request: Request; readonly days: PostponeDays };

/** The days to which a rotation can be put off: `2026-12-05`. */
export interface PostponeDays {
  readonly first: string;
  readonly last: string;
}

/**
 * To which days somebody may put off a rotation that the calendar announced: from tomorrow to the day on which the
 * secret ends. Approvers and operators may, until it runs.
 */
export async function postponeDays(
  world: Pick<World, 'rules' | 'people' | 'requests' | 'clock'>,
  requestId: string,
  actor: string,
): Promise<{ days: PostponeDays; request: RequestOf<'rotation'> } | PostponeRefusal> {
  const request = await findRequest(world, requestId);
  const approvers = await findApprovers(world, request);
  if (!approvers.has(actor) && !world.rules.operators.includes(actor)) return { why: 'not-allowed', request };
  if (!canWait(request)) return { why: 'too-late', request };
  const timeZone =
    autoRotation(world.rules, request.cluster)?.window.timeZone ??
    expiryRules(world.rules, request.cluster).timeZone;
  const first = dayAfter(world.clock.now(), timeZone);
  const last = dayAt(new Date(request.spec.endsAt ?? 0), timeZone);
  return first > last ? { why: 'no-later-day', request } : { days: { first, last }, request };
}

/**
 * Puts off a rotation that the calendar announced; it asks again on that day.
 * @param choice.until a day, one of `postponeDays`: `2026-12-05`
 * @returns why not, or undefined when it was put off
 */
export async function postponeRotation(
  world: Ports,
  requestId: string,
  actor: string,
  choice: { readonly until: string; readonly reason: string },
): Promise<PostponeRefusal | undefined> {
  const possible = await postponeDays(world, requestId, actor);
  const refusal = refusalOf(possible, choice.until) ?? (await postpone(world, requestId, actor, choice));
  if (refusal !== undefined) {
    const detail = { verdict: 'not-now', why: refusal.why };
    await world.audit.append({ action: 'click.refused', actor, requestId, detail });
  }
  return refusal;
}

// A form may have been open for days.
function refusalOf(
  possible: Awaited<ReturnType<typeof postponeDays>>,
  until: string,
): PostponeRefusal | undefined {
  if ('why' in possible) return possible;
  const { days, request } = possible;
  return until < days.first || until > days.last ? { why: 'other-day', request, days } : undefined;
}

async function postpone(
  world: Ports,
  requestId: string,
  actor: string,
  { until, reason }: { readonly until: string; readonly reason: string },
): Promise<PostponeRefusal | undefined> {
  const outcome = await changeRequest<PostponeRefusal>(world, requestId, (request) => {
    if (!canWait(request)) return { stop: { why: 'too-late', request } };
    const at = world.clock.now().toISOString();
    const spec = { ...request.spec, postponed: { until, reason, by: actor, at } };
    const next = advance<Request>(request, 'withdrawn', at, { spec, endedAt: at });
    return { next, event: { action: 'rotation.postponed', actor, detail: { until, reason } } };
  });
  if (!outcome.changed) return outcome.stop;
  await showRequest(world, outcome.request);
  return undefined;
}

/** Whether this is a rotation of the calendar's that has not begun. */
function canWait(request: Request): request is RequestOf<'rotation'> {
  const waits = UNBEGUN_STATES.includes(request.state);
  return request.kind === 'rotation' && request.asker === CALENDAR && waits;
}
