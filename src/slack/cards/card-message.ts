import type { CardView } from '../../ports.ts';
import type { SlackMessage } from './blocks.ts';
import { reminderCard } from './reminder-card.ts';
import { requestCard } from './request-card.ts';

/**
 * Any card, drawn from what it shows.
 * @param now for the durations of what is under way
 */
export function cardMessage(view: CardView, now: Date): SlackMessage {
  return 'request' in view ? requestCard(view, now) : reminderCard(view);
}
