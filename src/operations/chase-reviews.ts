import { askedForReview, type Grant, missingReviews } from '../domain/grant.ts';
import type { World } from '../ports.ts';
import { changeGrant } from '../workflows/access/change-grant.ts';
import { findRequest } from './change-request.ts';
import { findReviewers } from './review-grant.ts';
import { viewRequest } from './show-request.ts';

/** Asks those who have to look at a grant that nobody approved, again and again until enough of them have. */
export async function chaseReviews(world: World): Promise<void> {
  for (const grant of await world.grants.unreviewed()) {
    if (isAskingDue(world, grant)) await ask(world, grant);
  }
}

function isAskingDue(world: World, { state, reviews }: Grant): boolean {
  if (reviews === undefined || state === 'granting') return false;
  const pause = world.rules.breakGlass?.remindEvery ?? 0;
  return reviews.asked === 0 || world.clock.now().getTime() - Date.parse(reviews.askedAt) >= pause;
}

async function ask(world: World, due: Grant): Promise<void> {
  const { grant, changed } = await changeGrant(world, due.id, (current) => {
    if (missingReviews(current) === 0 || !isAskingDue(world, current)) return undefined;
    const next = askedForReview(current, world.clock.now().toISOString());
    return { next, event: { action: 'grant.review-asked', actor: 'kastellan' } };
  });
  if (!changed) return;
  const request = await findRequest(world, grant.id);
  const view = await viewRequest(world, request);
  await world.notifier.show(view);
  for (const reviewer of await findReviewers(world, grant, request)) {
    await world.notifier.tell(reviewer, `review-${grant.reviews?.asked ?? 1}`, view);
  }
}
