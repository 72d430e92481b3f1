import type { AnchorTroubleView } from '../../ports/messenger.ts';
import { message, type SlackMessage, section } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { moment } from '../blocks/words.ts';

/** What operators hear when the audit log does not agree with an anchor, or could not be anchored for long. */
export function anchorTroubleMessage({ anchorTrouble }: AnchorTroubleView): SlackMessage {
  const place = escapeTyped(anchorTrouble.place);
  const { trouble } = anchorTrouble;
  const said =
    trouble.kind === 'mismatch'
      ? [
          `:warning: The audit log was changed, or Redis was set back: its entry ${trouble.sequence} is not the one that the ${place} anchored ${moment(trouble.anchoredAt)}.`,
          'Requests go on. The anchors there are left as they were, and get no more until you move them away.',
          '`/kasten audit verify` names what does not fit. If no backup was restored, a person wrote into Redis: keep a copy of Redis and of the anchors, then follow _When the check names an entry_ in docs/operations.md.',
        ]
      : [
          `:warning: The audit log has not been anchored by the ${place} since ${moment(trouble.since)}: ${escapeMarkup(trouble.because)}`,
          'The log itself goes on, and earlier anchors are left as they were. Entries since then that no other anchor or sink has could be removed from Redis unseen.',
          'It is tried again at each turn; once it works, nothing else is to be done.',
        ];
  return message([section('anchor-trouble', said.join('\n'))]);
}
