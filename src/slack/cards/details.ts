import type { SlackMessage } from './blocks.ts';
import { cut, escapeTyped, visible } from './escape.ts';

const PIECE = 2_900;
const MOST_PIECES = 20;

/** A detail for the thread as plain text, which Slack neither formats nor links. */
export function detailMessage(text: string): SlackMessage {
  const seen = visible(text).trim();
  const said = escapeTyped(seen) === '' ? '(nothing)' : seen;
  const blocks = Array.from(
    { length: Math.min(MOST_PIECES, Math.ceil(said.length / PIECE)) },
    (_, index) => ({
      type: 'section' as const,
      block_id: `detail:${index}`,
      text: {
        type: 'plain_text' as const,
        text: said.slice(index * PIECE, (index + 1) * PIECE),
        emoji: false,
      },
    }),
  );
  return { text: escapeTyped(cut(said, 3_000), 3_000).slice(0, 3_900), blocks };
}
