import type { KnownBlock } from '@slack/web-api';
import type { SlackMessage } from '../blocks/blocks.ts';
import { ACTING, sealedValue } from './request-ids.ts';

/** A card whose buttons that act on the request carry its seal. Here and not at each button: none can be forgotten. */
export function sealed({ text, blocks }: SlackMessage, seal: string): SlackMessage {
  return { text, blocks: blocks.map((block) => sealedBlock(block, seal)) };
}

function sealedBlock(block: KnownBlock, seal: string): KnownBlock {
  if (block.type !== 'actions') return block;
  const elements = block.elements.map((element) =>
    element.type === 'button' && element.value !== undefined && ACTING.has(element.action_id ?? '')
      ? { ...element, value: sealedValue(element.value, seal) }
      : element,
  );
  return { ...block, elements };
}
