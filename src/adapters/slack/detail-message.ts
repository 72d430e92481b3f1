import type { SlackMessage } from './message.ts';

const PIECE = 2_900;
const MOST_PIECES = 20;
const TEXT_MAX = 3_000;

/** A detail for the thread as plain text, which Slack neither formats nor links; long ones go over several blocks. */
export function detailMessage(text: string): SlackMessage {
  const said = text.replace(/[\p{Cf}\p{Cs}]/gu, '').trim() || '(nothing)';
  const pieces = Math.min(MOST_PIECES, Math.ceil(said.length / PIECE));
  const blocks = Array.from({ length: pieces }, (_, index) => ({
    type: 'section' as const,
    block_id: `detail:${index}`,
    text: {
      type: 'plain_text' as const,
      text: said.slice(index * PIECE, (index + 1) * PIECE),
      emoji: false,
    },
  }));
  return { text: escaped(said.slice(0, TEXT_MAX / 5)), blocks };
}

// Read in notifications only; the blocks above hold everything.
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
