/** What a person asked for by `/kasten ...`. */
export type Command =
  | { readonly kind: 'setup'; readonly cluster?: string }
  | { readonly kind: 'status'; readonly cluster?: string }
  | { readonly kind: 'rotate'; readonly cluster?: string }
  | { readonly kind: 'teardown'; readonly cluster?: string }
  | { readonly kind: 'help'; readonly more: boolean }
  | { readonly kind: 'doctor' }
  | { readonly kind: 'audit-verify' }
  | { readonly kind: 'unknown'; readonly word: string; readonly nearest?: string };

const WORDS = ['setup', 'status', 'rotate', 'teardown', 'help', 'doctor', 'audit verify'] as const;
const MOST_LETTERS = 200;

/** Reads the text behind `/kasten`; anything that is no command comes back with the nearest one, if one is near. */
export function parseCommand(text: string): Command {
  const words = text
    .slice(0, MOST_LETTERS)
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const [first, second] = words;
  switch (first) {
    case undefined:
      return { kind: 'help', more: false };
    case 'setup':
    case 'status':
    case 'rotate':
    case 'teardown':
      return { kind: first, ...(second !== undefined && { cluster: second }) };
    case 'help':
      return { kind: 'help', more: second === 'more' };
    case 'more':
      return { kind: 'help', more: true };
    case 'doctor':
      return { kind: 'doctor' };
    case 'audit':
      return second === 'verify' ? { kind: 'audit-verify' } : unknown(words.join(' '), 'audit verify');
    default:
      return unknown(words.join(' '), nearestOf(first, WORDS));
  }
}

function unknown(word: string, nearest: string | undefined): Command {
  return { kind: 'unknown', word, ...(nearest !== undefined && { nearest }) };
}

/** The candidate that is at most two typing mistakes away, or begins with what was typed. */
export function nearestOf(typed: string, candidates: readonly string[]): string | undefined {
  const begun = typed.length >= 2 ? candidates.find((candidate) => candidate.startsWith(typed)) : undefined;
  if (begun !== undefined) return begun;
  const [best] = candidates
    .map((candidate) => ({ candidate, mistakes: editDistance(typed, candidate.split(' ')[0] ?? candidate) }))
    .toSorted((a, b) => a.mistakes - b.mistakes);
  return best !== undefined && best.mistakes <= 2 && best.mistakes < typed.length
    ? best.candidate
    : undefined;
}

/** How many letters have to be added, left out or changed to make one word the other (Levenshtein). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const changed = (row[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
