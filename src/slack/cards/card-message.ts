import type { CardView } from '../../ports.ts';
import type { SlackMessage } from './blocks.ts';
import { digestCard } from './digest-card.ts';
import { reminderCard } from './reminder-card.ts';
import { requestCard } from './request-card.ts';
import { troubleCard } from './trouble-card.ts';

/**
 * Any card, drawn from what it shows.
 * @param now for the durations of what is under way
 */
export function cardMessage(view: CardView, now: Date): SlackMessage {
  if ('trouble' in view) return troubleCard(view.trouble);
  if ('request' in view) return requestCard(view, now);
  return 'reminder' in view ? reminderCard(view) : digestCard(view);
}
