import { durationProblem } from '../../domain/access/access.ts';
import { KastellanError } from '../../domain/errors.ts';
import type { EntraAccount } from '../../domain/person.ts';
import {
  approvalCount,
  approvalRule,
  approversOf,
  type Objection,
  objectionTo,
} from '../../domain/requests/policy.ts';
import { advance, type Decision, type Request, type Verdict } from '../../domain/requests/request.ts';
import type { ApprovalRule } from '../../domain/requests/rules.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { changeRequest, type Decided, findRequest } from '../../workflows/requests/change-request.ts';
import { showRequest } from '../../workflows/requests/show-request.ts';
import { checkApprover } from './approver-accounts.ts';
import { expireIfOver } from './expire.ts';

type Ports = RequestPorts & Pick<World, 'audit' | 'directory' | 'links'>;

export interface DecideInput {
  readonly requestId: string;
  /** Slack user id of the person who clicked. */
  readonly actor: string;
  readonly verdict: Verdict;
  /** Wanted when denying. */
  readonly reason?: string;
  /** Milliseconds, where access is approved for less than was asked. */
  readonly durationMs?: number;
  /** The plan the person was looking at; a decision on another one, or on none, does not count. */
  readonly planDigest: string | undefined;
}

type Refusal = Objection | { readonly kind: 'plan-changed' };

export type DecideResult =
  | { readonly counted: true; readonly request: Request }
  | {
      readonly counted: false;
      readonly objection: Refusal;
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
  const outcome = await changeRequest<Refusal>(world, input.requestId, async (request) => {
    const objection = objectionTo(request, input.actor, approvers) ?? stalePlan(request, input);
    if (objection !== undefined) return { stop: objection };
    if (!(await isFullMember(world, input.actor))) return { stop: { kind: 'not-an-approver' } as const };
    return count(world, request, input);
  });
  if (!outcome.changed) {
    await recordRefusal(world, input, outcome.stop.kind);
    return { counted: false, objection: outcome.stop, rule: approvalRule(world.rules, asked) };
  }
  if (outcome.request.state === 'approved') await world.queue.add(outcome.request.id);
  await showRequest(world, outcome.request);
  return { counted: true, request: outcome.request };
}

async function count(world: Ports, request: Request, input: DecideInput): Promise<Decided<Refusal>> {
  const at = world.clock.now().toISOString();
  // A denial gives nothing away, so it counts even if Entra is away.
  const check =
    input.verdict === 'deny'
      ? { request, accounts: undefined }
      : await checkApprover(world, request, input.actor, at);
  if ('objection' in check) return { stop: check.objection };
  const { request: counting, lapsed } = await withoutLapsed(world, check.request, input, at);
  const next = decided(counting, input, at, check.accounts);
  const detail = {
    digest: request.planDigest ?? '',
    ...(check.accounts !== undefined && { accounts: check.accounts.map(({ objectId }) => objectId) }),
    ...(lapsed.length > 0 && { lapsed }),
    ...(input.reason !== undefined && { reason: input.reason }),
    ...(input.durationMs !== undefined && { durationMs: input.durationMs }),
  };
  const action = input.verdict === 'approve' ? 'request.approved' : 'request.denied';
  return { next, event: { action, actor: input.actor, detail } };
}

// Slack is asked at this moment, so that an account that was closed a minute ago decides on nothing.
async function isFullMember({ people }: Pick<World, 'people'>, slackUserId: string): Promise<boolean> {
  return (await people.find(slackUserId, { maxAgeMs: 0 }))?.kind === 'member';
}

/**
 * The request without earlier approvals of people who may not approve any more, looked at when the last approval comes in:
 * every approval is worth as much as the newest.
 */
async function withoutLapsed(
  world: Pick<World, 'people' | 'rules'>,
  request: Request,
  input: DecideInput,
  at: string,
): Promise<{ readonly request: Request; readonly lapsed: readonly string[] }> {
  const earlier = input.verdict === 'approve' ? approversOf(request) : [];
  if (earlier.length + 1 < request.required) return { request, lapsed: [] };
  const mayApprove = async (by: string): Promise<boolean> =>
    (await findApprovers(world, request, by)).has(by) && isFullMember(world, by);
  const may = await Promise.all(earlier.map(mayApprove));
  const lapsed = earlier.filter((_by, index) => may[index] === false);
  const decisions = request.decisions.map((decision) =>
    lapsed.includes(decision.by) && decision.lapsedAt === undefined
      ? { ...decision, lapsedAt: at }
      : decision,
  );
  return { request: { ...request, decisions }, lapsed };
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
  return seen !== undefined && seen === request.planDigest ? undefined : { kind: 'plan-changed' };
}

function decided(
  request: Request,
  input: DecideInput,
  at: string,
  accounts: readonly EntraAccount[] | undefined,
): Request {
  const { actor: by, verdict, reason, durationMs } = input;
  const decision: Decision = {
    by,
    verdict,
    at,
    ...(reason !== undefined && { reason }),
    ...(durationMs !== undefined && { durationMs }),
    ...(accounts !== undefined && { accounts }),
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
