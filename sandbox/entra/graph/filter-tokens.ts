import { unsupportedQuery } from './problem.ts';

export interface Token {
  readonly type: 'word' | 'text' | 'mark';
  readonly value: string;
}

const pattern = /\s*(?:'((?:[^']|'')*)'|([(),]|:(?=[A-Za-z]))|([^\s'(),]+?(?=:[A-Za-z])|[^\s'(),]+))/y;

/** Cuts a `$filter` into words, quoted texts (quotes doubled inside) and marks. Raises Graph's 400. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const source = text.trim();
  let at = 0;
  while (at < source.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (!match) throw unsupportedQuery('Invalid filter clause: there is an unterminated string literal.');
    tokens.push(tokenOf(match));
    at = pattern.lastIndex;
  }
  return tokens;
}

function tokenOf([, text, mark, word]: RegExpExecArray): Token {
  if (text !== undefined) return { type: 'text', value: text.replaceAll("''", "'") };
  if (mark !== undefined) return { type: 'mark', value: mark };
  return { type: 'word', value: word ?? '' };
}
