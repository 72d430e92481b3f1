import { endGrant, refusalToEnd } from '../../operations/access/end-grant.ts';
import { refusalToReview, reviewGrant } from '../../operations/access/review-grant.ts';
import { findGrant } from '../../workflows/access/change-grant.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import type { Front } from '../front.ts';
import type { Click, ListenToButton } from '../requests/buttons.ts';
import { reasonModal } from '../requests/reason-form.ts';
import { askWhy, type ListenToReason } from '../requests/reason-listener.ts';
import { ACTIONS } from '../requests/request-ids.ts';
import { endingMessage, reviewedMessage } from './access-answers.ts';
import { REVIEW_CALLBACK, readVerdict, reviewModal } from './review-modal.ts';

const REVOKE_CALLBACK = 'grant.revoke';

/** Listens to what people press about access that was given. */
export function listenToGrants(front: Front, onButton: ListenToButton, onReason: ListenToReason): void {
  const { world } = front;
  onButton(ACTIONS.done, true, async ({ id, actor }) => endingMessage(await endGrant(world, id, actor.user)));
  onButton(ACTIONS.revoke, true, (click) => askToRevoke(front, click));
  onButton(ACTIONS.review, true, (click) => askToReview(front, click));
  onReason(REVIEW_CALLBACK, async ({ meta, reason, values, actor }) =>
    reviewedMessage(await reviewGrant(world, meta.id, actor.user, readVerdict(values), reason)),
  );
  onReason(REVOKE_CALLBACK, async ({ meta, reason, actor }) =>
    endingMessage(await endGrant(world, meta.id, actor.user, reason)),
  );
}

// Who may not hears so at once, and not after having written down why; one's own access needs no reason.
async function askToRevoke(front: Front, click: Click): Promise<SlackMessage | undefined> {
  const { world } = front;
  const { id, actor } = click;
  const refusal = await refusalToEnd(world, id, actor.user);
  if (refusal !== undefined) return endingMessage(refusal);
  const grant = await findGrant(world, id);
  if (grant.beneficiary === actor.user) return endingMessage(await endGrant(world, id, actor.user));
  const question = 'Why is this access taken back now? Who has it reads this, too.';
  return askWhy(front, click, (meta) =>
    reasonModal({ callback: REVOKE_CALLBACK, title: 'Take back', question, meta }),
  );
}

async function askToReview(front: Front, click: Click): Promise<SlackMessage | undefined> {
  const { id, actor } = click;
  const refusal = await refusalToReview(front.world, id, actor.user);
  if (refusal !== undefined) return reviewedMessage(refusal);
  const grant = await findGrant(front.world, id);
  return askWhy(front, click, (meta) => reviewModal(grant, meta));
}
