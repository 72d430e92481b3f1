import type {
  ActionsBlock,
  Button,
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  SectionBlock,
} from '@slack/web-api';
import { cut, escapeTyped } from './escape.ts';

/** What Slack shows: blocks for the eye, and a text that says all of it aloud and in notifications. */
export interface SlackMessage {
  readonly text: string;
  readonly blocks: KnownBlock[];
}

// https://docs.slack.dev/reference/block-kit/blocks
const SECTION_MAX = 3_000;
const HEADER_MAX = 150;
// Longer than any line people read.
const LINE_MAX = 600;
const MESSAGE_BLOCKS = 50;
// `chat.update` refuses more than 4000: https://docs.slack.dev/reference/methods/chat.update
const TEXT_MAX = 3_900;
const CODE = /```[\s\S]*?```/g;

/** Blocks that are read aloud in other words than they show. */
interface Aloud {
  readonly spoken: readonly string[];
  readonly blocks: readonly KnownBlock[];
}

/**
 * A message within Slack's limits; blocks beyond the fiftieth are left out, and so are blocks with nothing to read, for
 * which Slack would refuse the whole message. Its text is what the headers and sections say, code left out; buttons and
 * the facts in small print are for the eye only.
 */
export function message(parts: readonly (KnownBlock | Aloud)[]): SlackMessage {
  const blocks = parts.flatMap((part) => ('spoken' in part ? part.blocks : [part])).filter(saysSomething);
  const spoken = parts
    .flatMap((part) => ('spoken' in part ? part.spoken : spokenLines(part)))
    .filter((line) => line.trim() !== '');
  const sentences = [...spoken.slice(0, -1).map(asSentence), ...spoken.slice(-1)];
  return { text: cutMarkup(sentences.join(' '), TEXT_MAX), blocks: blocks.slice(0, MESSAGE_BLOCKS) };
}

/** Blocks to be read aloud in these sentences; without any they are not read at all. */
export function aloud(spoken: readonly string[], ...blocks: readonly KnownBlock[]): Aloud {
  return { spoken, blocks };
}

function spokenLines(block: KnownBlock): string[] {
  if (block.type === 'header') return [asSentence(escapeTyped(block.text.text))];
  return block.type === 'section' ? (block.text?.text ?? '').replace(CODE, '').split('\n') : [];
}

function asSentence(line: string): string {
  return /[.!?:…"]$/.test(line) ? line : `${line}.`;
}

function saysSomething(block: KnownBlock): boolean {
  const texts = block.type === 'context' ? block.elements : [block];
  return texts.every((holder) => {
    const own = 'text' in holder ? holder.text : undefined;
    const words = typeof own === 'object' ? own.text : own;
    return words === undefined || words.trim() !== '';
  });
}

export function header(id: string, text: string): HeaderBlock {
  return {
    type: 'header',
    block_id: id,
    text: { type: 'plain_text', text: cut(text, HEADER_MAX), emoji: false },
  };
}

/** A section of markup; `verbatim`, so that Slack links nothing by itself. */
export function section(id: string, markup: string): SectionBlock {
  return {
    type: 'section',
    block_id: id,
    text: { type: 'mrkdwn', text: cutMarkup(markup, SECTION_MAX), verbatim: true },
  };
}

/** Lines as one section; those that do not fit are counted: `12 more in the thread`. */
export function lines(id: string, all: readonly string[], where: string, max = SECTION_MAX): SectionBlock {
  return section(id, fitLines(all, where, max).join('\n'));
}

/** A section with a button beside it. */
export function withButton(block: SectionBlock, accessory: Button): SectionBlock {
  return { ...block, accessory };
}

/** As many lines as fit into `max` characters, and one that counts the others. */
function fitLines(all: readonly string[], where: string, max = SECTION_MAX): string[] {
  const fitting: string[] = [];
  let length = 0;
  for (const [index, line] of all.entries()) {
    const clipped = cutMarkup(line, LINE_MAX);
    length += clipped.length + 1;
    if (length > max - 60) return [...fitting, `${all.length - index} more ${where}`];
    fitting.push(clipped);
  }
  return fitting;
}

export function context(id: string, parts: readonly string[]): ContextBlock {
  const text = cutMarkup(parts.filter((part) => part !== '').join(' · '), SECTION_MAX);
  return { type: 'context', block_id: id, elements: [{ type: 'mrkdwn', text, verbatim: true }] };
}

export function actions(id: string, buttons: readonly Button[]): ActionsBlock {
  return { type: 'actions', block_id: id, elements: [...buttons] };
}

export interface ButtonLook {
  readonly style?: 'primary' | 'danger';
  /** What a screen reader says instead of the button's text; 75 characters. */
  readonly label: string;
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
}

/** @param value an id and nothing more: whatever else matters is read from the store at the click */
export function button(action: string, text: string, value: string, look: ButtonLook): Button {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text, emoji: false },
    value,
    accessibility_label: cut(look.label, 75),
    ...(look.style && { style: look.style }),
    ...(look.confirm && { confirm: confirmation(look.confirm) }),
  };
}

export function linkButton(action: string, text: string, url: string, label: string): Button {
  return {
    type: 'button',
    action_id: action,
    text: { type: 'plain_text', text, emoji: false },
    url,
    accessibility_label: cut(label, 75),
  };
}

function confirmation(confirm: NonNullable<ButtonLook['confirm']>): NonNullable<Button['confirm']> {
  const plain = (text: string) => ({ type: 'plain_text' as const, text, emoji: false });
  return {
    title: plain(cut(confirm.title, 100)),
    text: plain(cut(confirm.text, 300)),
    confirm: plain(confirm.yes),
    deny: plain('Keep it as it is'),
  };
}

/** A code block of at most one section. */
export function codeSection(id: string, escaped: string): SectionBlock {
  return section(id, fenced(cutMarkup(escaped, SECTION_MAX - 20)));
}

/** A title and lines of code below it; lines that do not fit are counted after the code. */
export function codeLines(
  id: string,
  title: string,
  escaped: readonly string[],
  where: string,
): SectionBlock {
  const clipped = escaped.map((line) => cutMarkup(line, LINE_MAX));
  const fitting = fitLines(clipped, where, SECTION_MAX - title.length - 40);
  const more =
    fitting.length > 0 && fitting.at(-1) !== clipped[fitting.length - 1] ? fitting.at(-1) : undefined;
  const shown = more === undefined ? fitting : fitting.slice(0, -1);
  return section(
    id,
    [`*${title}*`, ...(shown.length > 0 ? [fenced(shown.join('\n'))] : []), more ?? ''].join('\n').trimEnd(),
  );
}

function fenced(escaped: string): string {
  return `\`\`\`\n${escaped}\n\`\`\``;
}

/** Cuts markup without leaving half an entity (`&am`) or half a link (`<@U1`) behind. */
export function cutMarkup(markup: string, max: number): string {
  if (markup.length <= max) return markup;
  return `${cut(markup, max)
    .slice(0, -1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/<[^>]*$/, '')}…`;
}
