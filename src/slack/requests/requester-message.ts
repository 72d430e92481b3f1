import type { NotARequester, Wish } from '../../domain/requests/requesters.ts';
import type { SlackMessage } from '../blocks/blocks.ts';
import { escapeMarkup, escapeTyped } from '../blocks/escape.ts';
import { approverNames } from '../blocks/words.ts';
import { sentence } from '../teaching.ts';

/** To a person who may not ask for something: whom to ask instead. It is private, so it notifies none of them. */
export function requesterMessage({ refusal }: NotARequester): SlackMessage {
  const { wish, instead, unfit } = refusal;
  const whom =
    instead === undefined
      ? 'Each person asks for themselves.'
      : `Ask ${approverNames(instead)} instead. Nothing was asked for.`;
  const entra = unfit === undefined ? '' : `Your groups in Entra could not count: ${escapeMarkup(unfit)}`;
  return sentence(`You may not ask for ${wishWords(wish)}.`, whom, entra);
}

const KINDS = { setup: 'a set-up', rotation: 'a rotation', teardown: 'a tear-down' } as const;

function wishWords(wish: Wish): string {
  if (wish.kind !== 'access') return KINDS[wish.kind];
  return `access as ${escapeTyped(wish.level, 60)}${wish.onBehalf ? ' for another person' : ''}`;
}
