import { plannedMember } from '../access/access-plan.ts';
import { type EntraAccount, sharedAccount } from '../person.ts';
import type { ExpiryRules } from '../secrets/expiry.ts';
import { type GroupUse, isSameUse } from '../setup/group-use.ts';
import { followsBatch } from './batch-state.ts';
import type { NewMember } from './plan.ts';
import type { Decision, Request, RequestAccounts, RequestKind, RequestOf } from './request.ts';
import type { ApprovalRule, AtEnd, OtherChangesRule, Policy, WhoMay } from './rules.ts';

/** What of a request says who decides on it. */
export type DecisionSubject = {
  readonly [Kind in RequestKind]: Pick<RequestOf<Kind>, 'kind' | 'spec' | 'escalatedAt'>;
}[RequestKind];

/** Who decides on this request, how many have to, and how long it waits for them. */
export function approvalRule(rules: Policy, subject: DecisionSubject): ApprovalRule {
  if (subject.kind !== 'access') return ruleOfKind(rules, subject.kind);
  const { spec, escalatedAt } = subject;
  const rule = rules.accessLevels.find(({ name }) => name === spec.level)?.access;
  // A level that left the configuration in the meantime is decided on by those who set clusters up.
  if (rule === undefined) return rules.approvals.setup;
  const approvers =
    escalatedAt === undefined ? rule.approvers : together(rule.approvers, rule.escalation?.approvers);
  return { ...rule, approvers, required: spec.breakGlass === true ? 0 : rule.required };
}

/** The rule of a kind of request that is the same for each of them. */
export function ruleOfKind(rules: Policy, kind: Exclude<RequestKind, 'access'>): ApprovalRule {
  // A batch is set-ups, which the same people decide on wherever they are.
  if (kind === 'batch') return rules.approvals.setup;
  return rules.approvals[kind] ?? rules.approvals.setup;
}

/** When others may decide, too, in milliseconds after the request; undefined where nobody else may. */
export function escalatesAfter(rules: Policy, subject: DecisionSubject): number | undefined {
  if (subject.kind !== 'access' || subject.escalatedAt !== undefined) return undefined;
  const level = rules.accessLevels.find(({ name }) => name === subject.spec.level);
  return level?.access.escalation?.after;
}

/** Whether an upgrade of this cluster may also change what is no part of the sign-in, once it is approved. */
export function otherChangesRule(rules: Policy, cluster: string): OtherChangesRule {
  const own = rules.clusters.find(({ name }) => name === cluster)?.otherChanges;
  return own ?? rules.setup.otherChanges;
}

/** What is taken away when a grant of this level ends; bindings of a level that is not configured are left alone. */
export function atEndOf(rules: Policy, level: string): AtEnd {
  return rules.accessLevels.find(({ name }) => name === level)?.access.atEnd ?? 'membership';
}

/**
 * Where else somebody gets in who is put into a level's group for a time: every other use of the group. Levels that end with
 * their bindings alone put nobody into it, and each cluster has bindings of its own, so those do not count for one another.
 */
export function alsoLetIn(rules: Policy, own: GroupUse, uses: readonly GroupUse[]): GroupUse[] {
  const byBinding = ({ level }: GroupUse): boolean => atEndOf(rules, level) === 'binding';
  return uses.filter((use) => !isSameUse(use, own) && !(byBinding(own) && byBinding(use)));
}

/** Whether a level's group may be that of these uses, too: of the same level only, and where the configuration says so. */
export function mayShare(rules: Policy, level: string, others: readonly GroupUse[]): boolean {
  if (others.length === 0) return true;
  const allowed = rules.accessLevels.find(({ name }) => name === level)?.sharedGroup === true;
  return allowed && others.every((other) => other.level === level);
}

function together(some: WhoMay, others: WhoMay | undefined): WhoMay {
  return {
    userGroups: [...new Set([...some.userGroups, ...(others?.userGroups ?? [])])],
    users: [...new Set([...some.users, ...(others?.users ?? [])])],
  };
}

/** When people are reminded of credentials that end: as for everything, or as the cluster has it. */
export function expiryRules({ expiry, clusters }: Policy, cluster?: string): ExpiryRules {
  const own = clusters.find(({ name }) => name === cluster)?.expiry;
  return {
    ...expiry,
    remindBefore: own?.remindBefore ?? expiry.remindBefore,
    dailyAfter: own?.dailyAfter ?? expiry.dailyAfter,
  };
}

type SameAs = 'asker' | 'beneficiary' | 'member' | 'approver';

export type Objection =
  | { readonly kind: 'own-request' }
  | { readonly kind: 'own-access' }
  | { readonly kind: 'own-membership' }
  /** By their Entra account they are somebody who may not approve this, or has approved it, under another Slack account. */
  | { readonly kind: 'same-account'; readonly account: EntraAccount; readonly as: SameAs }
  /** Entra does not say who it is. */
  | {
      readonly kind: 'account-unknown';
      readonly slackUserId: string;
      readonly message: string;
      readonly hint?: string;
    }
  | { readonly kind: 'not-an-approver' }
  | { readonly kind: 'already-decided'; readonly request: Request }
  | { readonly kind: 'decided-before'; readonly decision: Decision }
  | { readonly kind: 'still-planning' }
  | { readonly kind: 'goes-with-batch' };

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
  if (followsBatch(request)) return { kind: 'goes-with-batch' };
  if (actor === request.asker) return { kind: 'own-request' };
  if (request.kind === 'access' && actor === request.spec.beneficiary) return { kind: 'own-access' };
  if (newMembersOf(request).some(({ slackUserId }) => slackUserId === actor))
    return { kind: 'own-membership' };
  if (!approvers.has(actor)) return { kind: 'not-an-approver' };
  const earlier = request.decisions.find(({ by, lapsedAt }) => by === actor && lapsedAt === undefined);
  return earlier === undefined ? undefined : { kind: 'decided-before', decision: earlier };
}

/**
 * Why an approval cannot count by who people are in Entra, or `undefined` when it can: nobody approves what they asked for or
 * get themselves, nor twice, with another Slack account.
 * @param approver every account that the approver has
 */
export function accountObjection(
  request: Pick<Request, 'plan' | 'newMembers' | 'decisions'>,
  { asker, beneficiary }: RequestAccounts,
  approver: readonly EntraAccount[],
): Objection | undefined {
  const approvers = countingApprovals(request).flatMap(({ accounts = [] }) => accounts);
  // Who is really given access, even if the Slack person has another account by now.
  const planned = plannedMember(request.plan);
  const given = planned === undefined ? [] : [{ objectId: planned, name: planned }];
  const others: readonly (readonly [SameAs, readonly EntraAccount[]])[] = [
    ['asker', asker],
    ['beneficiary', [...beneficiary, ...given]],
    ['member', newMembersOf(request)],
    ['approver', approvers],
  ];
  return others
    .map(([as, accounts]): Objection | undefined => {
      const account = sharedAccount(approver, accounts);
      return account && { kind: 'same-account', account, as };
    })
    .find((objection) => objection !== undefined);
}

/** Who gets in for good by a request, as far as it is planned. */
export function newMembersOf({
  plan,
  newMembers,
}: Pick<Request, 'plan' | 'newMembers'>): readonly NewMember[] {
  return newMembers ?? plan?.newMembers ?? [];
}

/** How many different people have approved the plan as it stands. */
export function approvalCount(request: Pick<Request, 'decisions'>): number {
  return approversOf(request).length;
}

/** Slack user ids of those who approved the plan as it stands, and might do so today; one for each person. */
export function approversOf(request: Pick<Request, 'decisions'>): string[] {
  const people: Decision[] = [];
  for (const approval of countingApprovals(request)) {
    if (!people.some((other) => isSamePerson(approval, other))) people.push(approval);
  }
  return people.map(({ by }) => by);
}

function isSamePerson(one: Decision, other: Decision): boolean {
  return one.by === other.by || sharedAccount(one.accounts ?? [], other.accounts ?? []) !== undefined;
}

function countingApprovals({ decisions }: Pick<Request, 'decisions'>): Decision[] {
  return decisions.filter(({ verdict, lapsedAt }) => verdict === 'approve' && lapsedAt === undefined);
}

/** The approval that decides how long access is given, because it allows less than was asked and no other allows less. */
export function shortestApproval({
  spec,
  decisions,
}: Pick<RequestOf<'access'>, 'spec' | 'decisions'>):
  | (Decision & Required<Pick<Decision, 'durationMs'>>)
  | undefined {
  return countingApprovals({ decisions })
    .flatMap(({ durationMs, ...approval }) => (durationMs === undefined ? [] : [{ ...approval, durationMs }]))
    .filter(({ durationMs }) => durationMs < spec.durationMs)
    .toSorted((a, b) => a.durationMs - b.durationMs)[0];
}

/** How long access is given, in milliseconds: as asked, or the shortest that an approver allowed. */
export function approvedDuration(request: Pick<RequestOf<'access'>, 'spec' | 'decisions'>): number {
  return shortestApproval(request)?.durationMs ?? request.spec.durationMs;
}
