import type { AnchorProblemView } from '../../ports/messenger.ts';
import { message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { moment } from '../blocks/words.ts';

/** What operators hear when the audit log does not agree with an anchor, or could not be anchored for long. */
export function anchorProblemMessage({ anchorProblem }: AnchorProblemView): SlackMessage {
  const place = escapeTyped(anchorProblem.place);
  const { problem } = anchorProblem;
  const said =
    problem.kind === 'mismatch'
      ? [
          `:warning: The audit log was changed, or Redis was set back: its entry ${problem.sequence} is not the one that the ${place} anchored ${moment(problem.anchoredAt)}.`,
          'Requests go on. The anchors there are left as they were, and get no more until you move them away.',
          '`/kasten audit verify` names what does not fit. If no backup was restored, a person wrote into Redis: keep a copy of Redis and of the anchors, then follow _When the check names an entry_ in docs/operations.md.',
        ]
      : [
          `:warning: The audit log has not been anchored by the ${place} since ${moment(problem.since)}: ${escapeMarkup(problem.because)}`,
          'The log itself goes on, and earlier anchors are left as they were. Entries since then that no other anchor or sink has could be removed from Redis unseen.',
          'It is tried again at each turn; once it works, nothing else is to be done.',
        ];
  return message([section('anchor-problem', said.join('\n'))]);
}
