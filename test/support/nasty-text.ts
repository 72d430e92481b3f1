import fc from 'fast-check';

const NASTY = [
  '<!channel>',
  '<@U0EVIL>',
  '<https://evil.example|harmless>',
  '@here',
  '@channel',
  '#general',
  '*bold*',
  '_it_',
  '~gone~',
  '`code`',
  '```block```',
  'https://evil.example',
  'evil.example',
  ':tada:',
  '&lt;!here&gt;',
  '> quote',
  '\n\n',
  '\u202e',
  '\u200b',
  '\ud800',
  '\udc00',
  '|',
  '&',
  ' ',
  'a',
  '🏰',
];

// Slack's limits, and those by which cards cut.
const LIMITS = [24, 75, 150, 300, 600, 1_000, 2_900, 3_000];
// What grows when it is escaped, and what must not be cut in two.
const UNITS = ['x', '&', '@a', '🏰', 'x🏰', '\ud800', '<@U0EVIL>'];

/** Texts with nothing to read in them. */
export const BLANK: readonly string[] = [
  '',
  ' ',
  '\n\n',
  '\t\r',
  '\u00a0',
  '\u2028',
  '\u200b',
  '\u00ad',
  '\u202e\u200b',
];

/** Texts that random ones hardly ever are: those with nothing to read, halves of characters, and as long as a limit. */
export const EDGES: readonly string[] = [
  ...BLANK,
  '\ud800',
  '\udc00',
  'x\ud83c',
  '\udff0x',
  ...LIMITS.flatMap((limit) =>
    [limit, limit + 1].flatMap((length) => UNITS.map((unit) => ofLength(unit, length))),
  ),
];

/** Texts that would mention, link, format, hide or break something if they were shown as they are. */
export const nasty = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 40 })
  .map((parts) => parts.join(''));

function ofLength(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}
