import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

// Private words that the field has better ones for, which docs/glossary.md gives for most.
const BANNED = new Set(
  [
    'Around lookAround standing standingSetups standingEverywhere keptBy findKeeper Places Turns inTurns examine',
    'Examination lookOver uselessIn quietDay SignInTrouble restBindings wakeBindings rests Ground lostUnder lostAt makeWay',
    'isInTheWay standsBack goesOn goesOnThrough cameBack fateOf letGo homeless Saying noteSayings whisper Visitor wayIn',
    'MOST_LETTERS AT_ONCE LATELY_MS HouseRules SetupWish AccessWish told trouble somebody',
  ].flatMap((words) => words.split(' ')),
);

/** The names in a source file that are banned; comments and strings are prose and not looked at. */
function bannedIn(source: string): string[] {
  const file = ts.createSourceFile('x.ts', source, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && BANNED.has(node.text)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('a name in the code', () => {
  it('is a word that the field uses, in every file', () => {
    const bad = globSync('src/**/*.ts').flatMap((file) =>
      bannedIn(readFileSync(file, 'utf8')).map((word) => `${file}: ${word}`),
    );
    expect(bad).toEqual([]);
  });

  it('is found in declarations, and not in strings and comments', () => {
    expect(bannedIn("const told = 'trouble'; // standing")).toEqual(['told']);
  });
});
