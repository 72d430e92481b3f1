import type { RequestKind, RequestState } from '../../domain/requests/request.ts';
import type { RequestView } from '../../ports/messenger.ts';
import { accessRequestCard } from '../access/access-request-card.ts';
import { grantCard } from '../access/grant-card.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { rotatedCard } from '../secrets/rotated-card.ts';
import { tornDownCard } from '../teardown/torn-down-card.ts';
import { batchEndCard, batchPlanCard, batchPlanningCard, batchProgressCard } from './batch-card.ts';
import { doneCard, nothingToDoCard } from './done-card.ts';
import { deniedCard, expiredCard, refusedCard, withdrawnCard } from './ended-cards.ts';
import { failedCard, needsOperatorCard, undoneCard } from './failed-card.ts';
import { planCard, planningCard } from './plan-card.ts';
import { progressCard } from './progress-card.ts';

type Card = (view: RequestView, now: Date) => SlackMessage;

const CARDS: Readonly<Record<RequestState, Card>> = {
  planning: orBatch(planningCard, batchPlanningCard),
  pending: byKind({
    access: accessRequestCard,
    batch: batchPlanCard,
    setup: planCard,
    rotation: planCard,
    teardown: planCard,
  }),
  approved: orBatch(progressCard, batchProgressCard),
  running: orBatch(progressCard, batchProgressCard),
  done: byKind({
    access: grantCard,
    batch: batchEndCard,
    // A request whose work never began had nothing to do.
    setup: (view) => (view.request.startedAt === undefined ? nothingToDoCard(view) : doneCard(view)),
    rotation: rotatedCard,
    teardown: tornDownCard,
  }),
  refused: orBatch(refusedCard, batchEndCard),
  denied: deniedCard,
  withdrawn: withdrawnCard,
  expired: expiredCard,
  failed: orBatch(failedCard, batchEndCard),
  undoing: progressCard,
  undone: undoneCard,
  'needs-operator': needsOperatorCard,
};

function byKind(
  cards: { readonly [Kind in RequestKind]: (view: RequestView<Kind>, now: Date) => SlackMessage },
): Card {
  return (view, now) => (cards[view.request.kind] as Card)(view, now);
}

function orBatch(card: Card, ofBatch: (view: RequestView<'batch'>, now: Date) => SlackMessage): Card {
  return byKind({ access: card, batch: ofBatch, setup: card, rotation: card, teardown: card });
}

/**
 * The one card of a request, drawn from its state; within Slack's limits whatever the request holds.
 * @param now for the durations of what is in progress
 */
export function requestCard(view: RequestView, now: Date): SlackMessage {
  return CARDS[view.request.state](view, now);
}
