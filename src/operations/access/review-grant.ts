import { type Grant, missingReviews, type Review, reviewed } from '../../domain/access/grant.ts';
import type { Request } from '../../domain/requests/request.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeGrant, findGrant } from '../../workflows/access/change-grant.ts';
import { findApprovers } from '../../workflows/requests/approvers.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { showRequest, viewRequest } from '../../workflows/requests/show-request.ts';

type Ports = RequestPorts & Pick<World, 'audit'>;
type ReviewRefusal = 'own-access' | 'not-a-reviewer' | 'reviewed-before' | 'nothing-to-review';

interface Refused {
  readonly counted: false;
  readonly why: ReviewRefusal;
  readonly grant: Grant;
}

export type ReviewGrantResult = { readonly counted: true; readonly grant: Grant } | Refused;

/**
 * Notes what one of the level's approvers thinks of a grant that was given without asking.
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
  const approvers = await findApprovers(world, request, actor);
  let why: ReviewRefusal | undefined;
  const { grant, changed } = await changeGrant(world, id, (current) => {
    why = refusal(current, actor, approvers);
    if (why !== undefined) return undefined;
    const review = { by: actor, at: world.clock.now().toISOString(), verdict, note };
    return {
      next: reviewed(current, review),
      event: { action: 'grant.reviewed', actor, detail: { verdict, note } },
    };
  });
  if (!changed && why !== undefined) return refuse(world, grant, actor, why);
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
  const approvers = await findApprovers(world, await findRequest(world, id), actor);
  const grant = await findGrant(world, id);
  const why = refusal(grant, actor, approvers);
  return why === undefined ? undefined : refuse(world, grant, actor, why);
}

async function refuse(
  world: Pick<World, 'audit'>,
  grant: Grant,
  actor: string,
  why: ReviewRefusal,
): Promise<Refused> {
  const detail = { verdict: 'review', why };
  await world.audit.append({ action: 'click.refused', actor, requestId: grant.id, detail });
  return { counted: false, why, grant };
}

function refusal(grant: Grant, actor: string, approvers: ReadonlySet<string>): ReviewRefusal | undefined {
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
  const approvers = await findApprovers(world, request);
  return [...approvers].filter((approver) => refusal(grant, approver, approvers) === undefined);
}
