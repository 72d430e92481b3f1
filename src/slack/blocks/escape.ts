const JOINER = '\u2060';
const LOOKALIKES: Readonly<Record<string, string>> = { '*': '∗', _: '＿', '~': '∼', '`': 'ˋ' };

// Marks that turn text around or hide it: with them a name could show as another one.
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]/g;
// Slack formats only where a mark stands at the edge of a word, so `prod_eu` may keep its underscore.
const MARK_AT_WORD_EDGE = /(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])|`/gu;

/**
 * Text of Kastellan or of a remote system as Slack markup that shows just this text on one line: it cannot mention,
 * format or start a quote. Web addresses stay whole, so that they can be copied.
 * @see https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
export function escapeMarkup(text: string): string {
  const line = text
    .toWellFormed()
    .replace(INVISIBLE, '')
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .trim();
  const plain = line
    .replace(MARK_AT_WORD_EDGE, (mark) => LOOKALIKES[mark] ?? '')
    .replace(/:(?=[\p{L}\p{N}_+'-]+:)/gu, `:${JOINER}`)
    .replace(/^>/, `${JOINER}>`);
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * Text that a person typed, as Slack markup that can neither mention, link nor format.
 * @param max characters of the text that are kept; a longer one ends in `…`
 */
export function escapeTyped(text: string, max = 300): string {
  const unlinked = cut(text.replace(INVISIBLE, ''), max)
    .replace(/([@#])(?=[\p{L}\p{N}_])/gu, `$1\ufffe`)
    .replace(/:\/\//g, ':\ufffe//')
    .replace(/(?<=[\p{L}\p{N}])\.(?=\p{L})/gu, '.\ufffe');
  return escapeMarkup(unlinked).replaceAll('\ufffe', JOINER);
}

/** Text for a code block: shown letter by letter, lines kept; the block's own end cannot appear in it. */
export function escapeCode(text: string): string {
  return text
    .toWellFormed()
    .replace(INVISIBLE, '')
    .replaceAll('`', 'ˋ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** The first `max` characters of a text, never half of one; a longer text ends in `…`. */
export function cut(text: string, max: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= max) return whole;
  return `${whole.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
