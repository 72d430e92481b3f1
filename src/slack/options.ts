import type { PlainTextOption } from '@slack/web-api';
import { cut } from './blocks/escape.ts';

// https://docs.slack.dev/reference/block-kit/composition-objects/option-object
const WORDS_MAX = 75;
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
const MENU_MAX = 100;

/** One choice of a menu, of tick boxes or of radio buttons. */
export type MenuOption = PlainTextOption & { readonly value: string };

interface Choice {
  /** 150 characters. */
  readonly value: string;
  /** Plain; absent: the value. */
  readonly text?: string;
  readonly description?: string;
}

/** A choice as Slack takes it: words that are too long are cut, and a description that says nothing is left out. */
export function option({ value, text = value, description = '' }: Choice): MenuOption {
  return {
    text: words(text),
    value,
    ...(description.trim() !== '' && { description: words(description) }),
  };
}

/** As many options as a menu takes. Of more than that, those whose values are chosen come first, so that they stay. */
export function fitMenu(options: readonly MenuOption[], chosen: readonly string[] = []): MenuOption[] {
  if (options.length <= MENU_MAX) return [...options];
  const rank = ({ value }: MenuOption) => (chosen.includes(value) ? 0 : 1);
  return options.toSorted((a, b) => rank(a) - rank(b)).slice(0, MENU_MAX);
}

function words(text: string) {
  return { type: 'plain_text' as const, text: cut(text, WORDS_MAX), emoji: false };
}
