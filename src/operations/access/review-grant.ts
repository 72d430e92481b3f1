import { type Grant, missingReviews, type Review, reviewed } from '../../domain/access/grant.ts';
import { KastellanError } from '../../domain/errors.ts';
import { type EntraAccount, sharedAccount } from '../../domain/person.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeGrant, findGrant } from '../../workflows/access/change-grant.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { showRequest, viewRequest } from '../../workflows/requests/show-request.ts';
import { findAccounts } from '../../workflows/setup/people.ts';

type Ports = RequestPorts & Pick<World, 'audit' | 'directory' | 'links'>;
type Refusal =
  /** With an account: by that they are the person whose access it is, or who has looked at it, under another Slack account. */
  | { readonly why: 'own-access' | 'reviewed-before'; readonly account?: EntraAccount }
  | { readonly why: 'not-a-reviewer' | 'nothing-to-review' }
  /** Entra does not say who they are; with Kastellan's plain sentence and what to do. */
  | { readonly why: 'account-unknown'; readonly message: string; readonly hint?: string };

type Refused = Refusal & { readonly counted: false; readonly grant: Grant };

export type ReviewGrantResult = { readonly counted: true; readonly grant: Grant } | Refused;

/**
 * Notes what one of the level's approvers thinks of a grant that was given without asking. Reviewers are counted by their
 * Entra accounts, and none of them is the person whose access it is.
 * @param actor Slack user id
 * @param note as it was typed
 * @throws KastellanError `grant.unknown`
 */
export async function reviewGrant(
  world: Ports,
  id: string,
  actor: string,
  verdict: Review['verdict'],
  note: string,
): Promise<ReviewGrantResult> {
  const request = await findRequest(world, id);
  const reviewer = await findReviewer(world, request, actor);
  let refusal: Refusal | undefined;
  const { grant, changed } = await changeGrant(world, id, (current) => {
    refusal = refusalOf(current, reviewer);
    if (refusal !== undefined) return undefined;
    const { accounts } = reviewer;
    const review = { by: actor, at: world.clock.now().toISOString(), verdict, note, accounts };
    return {
      next: reviewed(current, review),
      event: { action: 'grant.reviewed', actor, detail: { verdict, note } },
    };
  });
  if (!changed && refusal !== undefined) return refuse(world, grant, actor, refusal);
  await showRequest(world, request);
  if (verdict === 'wrong') await tellOperators(world, request);
  return { counted: true, grant };
}

/**
 * Why a person cannot review a grant; undefined if they can. A refusal goes into the audit log.
 * @param actor Slack user id
 * @throws KastellanError `grant.unknown`
 */
export async function refusalToReview(world: Ports, id: string, actor: string): Promise<Refused | undefined> {
  const reviewer = await findReviewer(world, await findRequest(world, id), actor);
  const grant = await findGrant(world, id);
  const refusal = refusalOf(grant, reviewer);
  return refusal === undefined ? undefined : refuse(world, grant, actor, refusal);
}

async function refuse(
  world: Pick<World, 'audit'>,
  grant: Grant,
  actor: string,
  refusal: Refusal,
): Promise<Refused> {
  const detail = { verdict: 'review', why: refusal.why };
  await world.audit.append({ action: 'click.refused', actor, requestId: grant.id, detail });
  return { ...refusal, counted: false, grant };
}

/** A person who wants to review, and what their refusal depends on. */
interface Reviewer {
  readonly actor: string;
  readonly approvers: ReadonlySet<string>;
  /** All the Entra accounts that they have, and why there are none. */
  readonly accounts: readonly EntraAccount[];
  readonly unknown?: KastellanError;
  /** Who asked, where that was looked up. */
  readonly askers: readonly EntraAccount[];
  /** Of earlier reviewers whose accounts were not stored with the review, by Slack user id. */
  readonly earlier: ReadonlyMap<string, readonly EntraAccount[]>;
}

async function findReviewer(world: Ports, request: Request, actor: string): Promise<Reviewer> {
  const [approvers, own, grant] = await Promise.all([
    findApprovers(world, request, actor),
    accountsOf(world, actor),
    findGrant(world, request.id),
  ]);
  const old = (grant.reviews?.given ?? []).filter(({ accounts }) => accounts === undefined);
  const earlier = await Promise.all(
    old.map(async ({ by }) => [by, (await accountsOf(world, by)).accounts] as const),
  );
  return { actor, approvers, ...own, askers: request.accounts?.asker ?? [], earlier: new Map(earlier) };
}

// A reviewer whom Entra does not know could be the person whose access it is.
async function accountsOf(
  world: Ports,
  slackUserId: string,
): Promise<Pick<Reviewer, 'accounts' | 'unknown'>> {
  try {
    return { accounts: await findAccounts(world, slackUserId) };
  } catch (thrown) {
    if (!(thrown instanceof KastellanError)) throw thrown;
    return { accounts: [], unknown: thrown };
  }
}

function refusalOf(grant: Grant, reviewer: Reviewer): Refusal | undefined {
  const { actor, approvers, accounts, unknown } = reviewer;
  const why = refusalBySlack(grant, actor, approvers);
  if (why !== undefined) return { why };
  if (unknown !== undefined) {
    const { message, hint } = unknown;
    return { why: 'account-unknown', message, ...(hint !== undefined && { hint }) };
  }
  const own = sharedAccount(accounts, [grant.person, ...reviewer.askers]);
  if (own !== undefined) return { why: 'own-access', account: own };
  const given = (grant.reviews?.given ?? []).flatMap(
    (one) => one.accounts ?? reviewer.earlier.get(one.by) ?? [],
  );
  const same = sharedAccount(accounts, given);
  return same === undefined ? undefined : { why: 'reviewed-before', account: same };
}

function refusalBySlack(grant: Grant, actor: string, approvers: ReadonlySet<string>) {
  if (actor === grant.beneficiary || actor === grant.asker) return 'own-access';
  if (!approvers.has(actor)) return 'not-a-reviewer';
  if (grant.reviews?.given.some(({ by }) => by === actor) === true) return 'reviewed-before';
  return missingReviews(grant) === 0 ? 'nothing-to-review' : undefined;
}

async function tellOperators(world: Ports, request: Request): Promise<void> {
  const view = await viewRequest(world, request);
  for (const operator of world.rules.operators) {
    await world.notifier.tell(operator, `review-wrong-${view.grant?.version ?? 0}`, view);
  }
}

/** Slack user ids of those who may look at a grant and have not yet. */
export async function findReviewers(
  world: Pick<World, 'people' | 'rules'>,
  grant: Grant,
  request: Request,
): Promise<string[]> {
  const approvers = await findApprovers(world, request, undefined, 'list');
  return [...approvers].filter((approver) => refusalBySlack(grant, approver, approvers) === undefined);
}
