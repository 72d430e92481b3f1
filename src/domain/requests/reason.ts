// Blank to the eye, though Unicode calls them letters or symbols: fillers of Hangul, Braille without a dot, a note without a
// head, and blanks among the hieroglyphs.
const BLANK = /[\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u{1d159}\u{13441}\u{13442}]/gu;
const VISIBLE = /[\p{Letter}\p{Number}\p{Punctuation}\p{Symbol}]/gu;

/** How many characters of a text a reader sees: no spaces, no invisible characters, no accents without a letter. */
export function visibleCharacters(text: string): number {
  return text.replace(BLANK, '').match(VISIBLE)?.length ?? 0;
}
