import type { KnownBlock } from '@slack/web-api';

/** A message as it is sent: blocks for the eye, and a text that says all of it aloud. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

const PLAIN_MAX = 3_000;

/**
 * Ways to show a message, best first: as drawn; as plain text with its buttons; as text alone. Slack's clients take new
 * kinds of blocks at different times, and a card that is refused would be one that nobody can decide on.
 */
export function waysToShow({ text, blocks }: SlackMessage): SlackMessage[] {
  const buttons = blocks.filter(({ type }) => type === 'actions');
  const plain: KnownBlock = {
    type: 'section',
    text: { type: 'mrkdwn', text: text.slice(0, PLAIN_MAX), verbatim: true },
  };
  return [
    { text, blocks },
    { text, blocks: [plain, ...buttons] },
    { text, blocks: [] },
  ];
}
