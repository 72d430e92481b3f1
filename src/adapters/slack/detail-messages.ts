import type { SlackMessage } from './message.ts';

// Slack takes 3000 characters in a text; a pair of surrogates stays together.
const PIECES = /.{1,2899}[\udc00-\udfff]?/gs;
const PIECES_A_MESSAGE = 20;
const SPOKEN = /^.{0,599}[\udc00-\udfff]?/s;

/**
 * Details for the thread as plain text, which Slack neither formats nor links: all of it, over several blocks and messages
 * where it is long.
 */
export function detailMessages(text: string): SlackMessage[] {
  const said = text.replace(/[\p{Cf}\p{Cs}]/gu, '').trim() || '(nothing)';
  const pieces = said.match(PIECES) ?? [];
  return Array.from({ length: Math.ceil(pieces.length / PIECES_A_MESSAGE) }, (_, index) =>
    messageOf(pieces.slice(index * PIECES_A_MESSAGE, (index + 1) * PIECES_A_MESSAGE)),
  );
}

function messageOf(pieces: readonly string[]): SlackMessage {
  const blocks = pieces.map((text, index) => ({
    type: 'section' as const,
    block_id: `detail:${index}`,
    text: { type: 'plain_text' as const, text, emoji: false },
  }));
  return { text: escaped(SPOKEN.exec(pieces[0] ?? '')?.[0] ?? ''), blocks };
}

// Read in notifications only; the blocks above hold everything.
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
