import type { Decision, Request } from './request.ts';
import type { ApprovalRule, HouseRules } from './rules.ts';

/** Who decides on this request, and how long it waits for them. */
export function approvalRule(rules: HouseRules, { kind }: Pick<Request, 'kind'>): ApprovalRule {
  return rules.approvals[kind] ?? rules.approvals.setup;
}

export type Objection =
  | { readonly kind: 'own-request' }
  | { readonly kind: 'not-an-approver' }
  | { readonly kind: 'already-decided'; readonly request: Request }
  | { readonly kind: 'decided-before'; readonly decision: Decision }
  | { readonly kind: 'still-planning' };

/**
 * Why a person's decision cannot count, or `undefined` when it can.
 * @param approvers Slack user ids, read live at the moment of the click
 */
export function objectionTo(
  request: Request,
  actor: string,
  approvers: ReadonlySet<string>,
): Objection | undefined {
  if (request.state === 'planning') return { kind: 'still-planning' };
  if (request.state !== 'pending') return { kind: 'already-decided', request };
  if (actor === request.asker) return { kind: 'own-request' };
  if (!approvers.has(actor)) return { kind: 'not-an-approver' };
  const earlier = request.decisions.find((decision) => decision.by === actor);
  return earlier === undefined ? undefined : { kind: 'decided-before', decision: earlier };
}

/** How many different people have approved the plan as it stands. */
export function approvalCount(request: Request): number {
  const approvals = request.decisions.filter((decision) => decision.verdict === 'approve');
  return new Set(approvals.map((decision) => decision.by)).size;
}
