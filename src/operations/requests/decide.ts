import { durationProblem } from '../../domain/access/access.ts';
import { KastellanError } from '../../domain/errors.ts';
import { approvalCount, approvalRule, type Objection, objectionTo } from '../../domain/requests/policy.ts';
import { advance, type Decision, type Request, type Verdict } from '../../domain/requests/request.ts';
import type { ApprovalRule } from '../../domain/requests/rules.ts';
import type { World } from '../../ports/world.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { changeRequest, findRequest } from '../../workflows/requests/change-request.ts';
import { showRequest } from '../../workflows/requests/show-request.ts';
import { expireIfOver } from './expire.ts';

type Ports = Pick<
  World,
  | 'rules'
  | 'people'
  | 'notifier'
  | 'requests'
  | 'grants'
  | 'journal'
  | 'audit'
  | 'leases'
  | 'queue'
  | 'discoveries'
  | 'clock'
>;

export interface DecideInput {
  readonly requestId: string;
  /** Slack user id of the person who clicked. */
  readonly actor: string;
  readonly verdict: Verdict;
  /** Wanted when denying. */
  readonly reason?: string;
  /** Milliseconds, where access is approved for less than was asked. */
  readonly durationMs?: number;
  /** The plan the person was looking at; a decision on another one does not count. */
  readonly planDigest?: string;
}

export type DecideResult =
  | { readonly counted: true; readonly request: Request }
  | {
      readonly counted: false;
      readonly objection: Objection | { readonly kind: 'plan-changed' };
      /** Under which the decision would have had to be made. */
      readonly rule: ApprovalRule;
    };

/**
 * Counts one person's decision on a request; the last approval that is needed sends it to a worker.
 * @throws KastellanError `request.unknown`, `request.busy`, `access.duration-unfit`
 */
export async function decide(world: Ports, input: DecideInput): Promise<DecideResult> {
  const asked = await findRequest(world, input.requestId);
  requireShorter(asked, input.durationMs);
  // The process that had to expire it may not have run.
  await expireIfOver(world, asked);
  const approvers = await findApprovers(world, asked, input.actor);
  const outcome = await changeRequest(world, input.requestId, (request) => {
    const objection = objectionTo(request, input.actor, approvers) ?? stalePlan(request, input);
    if (objection !== undefined) return { stop: objection };
    const next = decided(request, input, world.clock.now().toISOString());
    const detail = {
      digest: request.planDigest ?? '',
      ...(input.reason !== undefined && { reason: input.reason }),
      ...(input.durationMs !== undefined && { durationMs: input.durationMs }),
    };
    const action = input.verdict === 'approve' ? 'request.approved' : 'request.denied';
    return { next, event: { action, actor: input.actor, detail } };
  });
  if (!outcome.changed) {
    await recordRefusal(world, input, outcome.stop.kind);
    return { counted: false, objection: outcome.stop, rule: approvalRule(world.rules, asked) };
  }
  if (outcome.request.state === 'approved') await world.queue.add(outcome.request.id);
  await showRequest(world, outcome.request);
  return { counted: true, request: outcome.request };
}

function requireShorter(request: Request, durationMs: number | undefined): void {
  if (durationMs === undefined) return;
  const problem =
    request.kind === 'access'
      ? durationProblem(durationMs, request.spec.durationMs)
      : 'Only access is approved for a time.';
  if (problem === undefined) return;
  throw new KastellanError({
    code: 'access.duration-unfit',
    message: problem,
    hint: 'Choose another duration.',
  });
}

function stalePlan(request: Request, input: DecideInput): { kind: 'plan-changed' } | undefined {
  const seen = input.planDigest;
  return seen === undefined || seen === request.planDigest ? undefined : { kind: 'plan-changed' };
}

function decided(request: Request, input: DecideInput, at: string): Request {
  const { actor: by, verdict, reason, durationMs } = input;
  const decision: Decision = {
    by,
    verdict,
    at,
    ...(reason !== undefined && { reason }),
    ...(durationMs !== undefined && { durationMs }),
  };
  const decisions = [...request.decisions, decision];
  if (verdict === 'deny') return advance(request, 'denied', at, { decisions, endedAt: at });
  const enough = approvalCount({ ...request, decisions }) >= request.required;
  return advance(request, enough ? 'approved' : 'pending', at, { decisions });
}

async function recordRefusal(world: Pick<World, 'audit'>, input: DecideInput, why: string): Promise<void> {
  const detail = { verdict: input.verdict, why };
  await world.audit.append({
    action: 'click.refused',
    actor: input.actor,
    requestId: input.requestId,
    detail,
  });
}
