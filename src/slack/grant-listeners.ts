import { endGrant } from '../operations/end-grant.ts';
import { reviewGrant } from '../operations/review-grant.ts';
import { findGrant } from '../workflows/access/change-grant.ts';
import type { Click, ListenToButton } from './buttons.ts';
import { endingMessage, reviewedMessage } from './cards/access-answers.ts';
import { ACTIONS } from './cards/request-ids.ts';
import type { Front } from './front.ts';
import type { ListenToReason } from './reason-listener.ts';
import { reasonModal } from './reason-modal.ts';
import { REVIEW_CALLBACK, readVerdict, reviewModal } from './review-modal.ts';

const REVOKE_CALLBACK = 'grant.revoke';

/** Listens to what people press about access that was given. */
export function listenToGrants(front: Front, onButton: ListenToButton, onReason: ListenToReason): void {
  const { world } = front;
  onButton(ACTIONS.done, true, async ({ id, visitor }) =>
    endingMessage(await endGrant(world, id, visitor.user)),
  );
  onButton(ACTIONS.revoke, true, (click) => askToRevoke(front, click));
  onButton(ACTIONS.review, true, (click) => askToReview(front, click));
  onReason(REVIEW_CALLBACK, async ({ meta, reason, values, visitor }) =>
    reviewedMessage(await reviewGrant(world, meta.id, visitor.user, readVerdict(values), reason)),
  );
  onReason(REVOKE_CALLBACK, async ({ meta, reason, visitor }) =>
    endingMessage(await endGrant(world, meta.id, visitor.user, reason)),
  );
}

async function askToRevoke(front: Front, { id, triggerId, visitor }: Click): Promise<undefined> {
  const view = reasonModal({
    callback: REVOKE_CALLBACK,
    title: 'Take back',
    question: 'Why is this access taken back now? Who has it reads this, too.',
    meta: { id, channel: visitor.channel, home: visitor.atHome },
  });
  await front.client.views.open({ trigger_id: triggerId, view });
  return undefined;
}

async function askToReview(front: Front, { id, triggerId, visitor }: Click): Promise<undefined> {
  const { client, world } = front;
  const meta = { id, channel: visitor.channel, home: visitor.atHome };
  const view = reviewModal(await findGrant(world, id), meta);
  await client.views.open({ trigger_id: triggerId, view });
  return undefined;
}
