import { askedForReview, type Grant, missingReviews } from '../../domain/access/grant.ts';
import type { RequestPorts, World } from '../../ports/world.ts';
import { changeGrant } from '../../workflows/access/change-grant.ts';
import { findRequest } from '../../workflows/requests/change-request.ts';
import { forEachConcurrently } from '../../workflows/requests/for-each-concurrently.ts';
import { viewRequest } from '../../workflows/requests/show-request.ts';
import { findReviewers } from './review-grant.ts';

type Ports = RequestPorts;

// What was given while break-glass was configured is still to be looked at when it is not any more.
const UNCONFIGURED_PAUSE_MS = 24 * 3_600_000;

/**
 * Asks those who have to look at a grant that nobody approved, again and again until enough of them have.
 * @throws the first failure, once every grant was looked at
 */
export async function chaseReviews(world: Ports): Promise<void> {
  await forEachConcurrently(await world.grants.unreviewed(), 1, async (grant) => {
    if (isAskingDue(world, grant)) await ask(world, grant);
  });
}

function isAskingDue(world: Pick<World, 'rules' | 'clock'>, { state, reviews }: Grant): boolean {
  if (reviews === undefined || state === 'granting') return false;
  const pause = world.rules.breakGlass?.remindEvery ?? UNCONFIGURED_PAUSE_MS;
  return reviews.asked === 0 || world.clock.now().getTime() - Date.parse(reviews.askedAt) >= pause;
}

async function ask(world: Ports, due: Grant): Promise<void> {
  const request = await findRequest(world, due.id);
  // Reads approvers before it notes the reminder: if reading failed afterwards, no reminder would be sent for hours.
  const reviewers = await findReviewers(world, due, request);
  const { grant, changed } = await changeGrant(world, due.id, (current) => {
    if (missingReviews(current) === 0 || !isAskingDue(world, current)) return undefined;
    const next = askedForReview(current, world.clock.now().toISOString());
    return { next, event: { action: 'grant.review-asked', actor: 'kastellan' } };
  });
  if (!changed) return;
  const view = await viewRequest(world, request);
  await world.notifier.show(view);
  for (const reviewer of reviewers) {
    await world.notifier.tell(reviewer, `review-${grant.reviews?.asked ?? 1}`, view);
  }
}
