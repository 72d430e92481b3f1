import type { Button, KnownBlock } from '@slack/web-api';
import type { SlackMessage } from '../blocks/blocks.ts';
import { ACTING, sealedValue } from './request-ids.ts';

/** A message whose buttons that change something carry its seal. Here and not at each button: none can be forgotten. */
export function sealed({ text, blocks }: SlackMessage, seal: string): SlackMessage {
  return { text, blocks: blocks.map((block) => sealedBlock(block, seal)) };
}

/** Whether a message has a button that changes something. */
export function canChangeSomething({ blocks }: SlackMessage): boolean {
  return blocks.some((block) => sealedBlock(block, '') !== block);
}

function sealedBlock(block: KnownBlock, seal: string): KnownBlock {
  if (block.type === 'section' && isActing(block.accessory)) {
    return { ...block, accessory: sealedButton(block.accessory, seal) };
  }
  if (block.type !== 'actions' || !block.elements.some(isActing)) return block;
  const elements = block.elements.map((element) =>
    isActing(element) ? sealedButton(element, seal) : element,
  );
  return { ...block, elements };
}

function isActing(element: { readonly type: string } | undefined): element is Button & { value: string } {
  if (element?.type !== 'button') return false;
  const { value, action_id } = element as Button;
  return value !== undefined && ACTING.has(action_id ?? '');
}

function sealedButton(button: Button & { value: string }, seal: string): Button {
  return { ...button, value: sealedValue(button.value, seal) };
}
