import type { CardView, PersonalView } from '../ports/messenger.ts';
import { anchorProblemMessage } from './audit/anchor-problem.ts';
import type { SlackMessage } from './blocks/blocks.ts';
import { sealed } from './requests/card-seal.ts';
import { type PersonalContext, personalMessage } from './requests/personal.ts';
import { requestCard } from './requests/request-card.ts';
import { digestCard } from './secrets/digest-card.ts';
import { reminderCard } from './secrets/reminder-card.ts';
import { signInFailuresCard } from './status/sign-in-failures-card.ts';

/**
 * Any card, drawn from what it shows.
 * @param now for the durations of what is in progress
 * @param seal what the buttons that change something carry, so that those of another message are recognised
 */
export function cardMessage(view: CardView, now: Date, seal: string): SlackMessage {
  if ('failures' in view) return signInFailuresCard(view.failures);
  if ('request' in view) return sealed(requestCard(view, now), seal);
  return 'reminder' in view ? sealed(reminderCard(view), seal) : digestCard(view);
}

/**
 * What one person is told directly about what a card shows.
 * @param seal that of this person
 */
export function directMessage(
  view: PersonalView,
  reader: PersonalContext & { readonly seal: string },
): SlackMessage {
  if ('anchorProblem' in view) return anchorProblemMessage(view);
  return sealed(personalMessage(view, reader), reader.seal);
}
