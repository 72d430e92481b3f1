import type { CardView } from '../ports/messenger.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import { requestCard } from './requests/request-card.ts';
import { digestCard } from './secrets/digest-card.ts';
import { reminderCard } from './secrets/reminder-card.ts';
import { signInFailuresCard } from './status/sign-in-failures-card.ts';

/**
 * Any card, drawn from what it shows.
 * @param now for the durations of what is in progress
 */
export function cardMessage(view: CardView, now: Date): SlackMessage {
  if ('failures' in view) return signInFailuresCard(view.failures);
  if ('request' in view) return requestCard(view, now);
  return 'reminder' in view ? reminderCard(view) : digestCard(view);
}
