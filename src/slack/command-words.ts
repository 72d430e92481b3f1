/** One word of a command, and where the text goes on behind it. */
export interface Word {
  /** As it was typed. */
  readonly text: string;
  /** In small letters. */
  readonly key: string;
  /** Index of the first character behind the word. */
  readonly end: number;
}

// Longer than any reason; a command is read in no time, however long it is.
const MAX_CHARS = 2_000;

/** The words of a command's text; a mention is one word, whatever the name in it. */
export function wordsIn(text: string): Word[] {
  return [...text.slice(0, MAX_CHARS).matchAll(/<[^<>\s][^<>]*>|\S+/g)].map((match) => ({
    text: match[0],
    key: match[0].toLowerCase(),
    end: match.index + match[0].length,
  }));
}

/**
 * What was typed behind a word, as it was typed: Slack's escaping and its links are undone.
 * @param after undefined: from the begin
 * @see https://docs.slack.dev/interactivity/implementing-slash-commands
 */
export function restBehind(text: string, after: Word | undefined): string {
  return text
    .slice(after?.end ?? 0, MAX_CHARS)
    .replace(/<([@#!])([^<>|]*)(?:\|([^<>]*))?>/g, (_link, sign: string, id: string, name?: string) =>
      name === undefined ? `${sign}${id}` : `${sign === '!' ? '' : sign}${name}`,
    )
    .replace(/<([^<>|]+)(?:\|[^<>]*)?>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}

/** The Slack user id that a word stands for; only Slack writes such words, whoever types one gets it escaped. */
export function personIn(word: Word | undefined): string | undefined {
  return /^<@([UW][A-Z0-9]{2,})(?:\|[^<>]*)?>$/.exec(word?.text ?? '')?.[1];
}

const MINUTE = 60_000;
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(s|sec|secs|seconds?)$/, 1_000],
  [/^(m|min|mins|minutes?)$/, MINUTE],
  [/^(h|hr|hrs|hours?)$/, 60 * MINUTE],
  [/^(d|days?)$/, 24 * 60 * MINUTE],
];

/**
 * Reads `2h`, `90min`, `1.5 hours` at the begin of these words.
 * @returns milliseconds, and how many words it took; undefined where there is no duration
 */
export function durationAt(words: readonly Word[], at: number): { ms: number; words: number } | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)([a-z]*)$/.exec(words[at]?.key ?? '');
  if (match === null) return undefined;
  const [, number = '', unit = ''] = match;
  const apart = unit === '';
  const size = unitMs(apart ? (words[at + 1]?.key ?? '') : unit);
  if (size === undefined) return undefined;
  return { ms: Math.round(Number(number) * size), words: apart ? 2 : 1 };
}

function unitMs(word: string): number | undefined {
  return UNITS.find(([pattern]) => pattern.test(word))?.[1];
}
