import type { RequestKind, RequestState } from '../../domain/request.ts';
import type { RequestView } from '../../ports.ts';
import { accessCard } from './access-card.ts';
import type { SlackMessage } from './blocks.ts';
import { doneCard, nothingToDoCard } from './done-card.ts';
import { deniedCard, expiredCard, refusedCard, withdrawnCard } from './ended-cards.ts';
import { failedCard, needsOperatorCard, undoneCard } from './failed-card.ts';
import { planCard, planningCard } from './plan-card.ts';
import { progressCard } from './progress-card.ts';
import { rotatedCard } from './rotated-card.ts';
import { tornDownCard } from './torn-down-card.ts';

const CARDS: Readonly<Record<RequestState, (view: RequestView, now: Date) => SlackMessage>> = {
  planning: planningCard,
  pending: planCard,
  approved: progressCard,
  running: progressCard,
  done: doneCardOf,
  refused: refusedCard,
  denied: deniedCard,
  withdrawn: withdrawnCard,
  expired: expiredCard,
  failed: failedCard,
  undoing: progressCard,
  undone: undoneCard,
  'needs-operator': needsOperatorCard,
};

const DONE_CARDS: { readonly [Kind in RequestKind]: (view: RequestView<Kind>) => SlackMessage } = {
  // A request whose work never began had nothing to do.
  access: accessCard,
  setup: (view) => (view.request.startedAt === undefined ? nothingToDoCard(view) : doneCard(view)),
  rotation: rotatedCard,
  teardown: tornDownCard,
};

function doneCardOf(view: RequestView): SlackMessage {
  const card = DONE_CARDS[view.request.kind] as (view: RequestView) => SlackMessage;
  return card(view);
}

/**
 * The one card of a request, drawn from its state; within Slack's limits whatever the request holds.
 * @param now for the durations of what is under way
 */
export function requestCard(view: RequestView, now: Date): SlackMessage {
  return CARDS[view.request.state](view, now);
}
