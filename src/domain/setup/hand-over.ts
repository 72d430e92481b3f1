import { DUMP_SCHEMA, dump, floatCoreTag, NOT_RESOLVED } from 'js-yaml';
import type { Difference } from '../requests/plan.ts';

// Readers of YAML 1.1 and 1.2 take different texts for numbers (`97_e3`, `0B11`, `1:30`), and Helm takes more than both: whatever
// begins like a number is quoted.
const CAREFUL = DUMP_SCHEMA.withTags({
  ...floatCoreTag,
  resolve: (source) => (/^[-+.\d]/.test(source) ? 0 : NOT_RESOLVED),
});

interface Tree {
  [key: string]: unknown;
}

/** The values to commit where somebody else keeps the release, as YAML; a secret stays `(secret)`. */
export function handOverValues(differences: readonly Difference[]): string {
  const tree: Tree = {};
  for (const { path, after } of differences) {
    if (after !== undefined) place(tree, path.split('.'), after === '(secret)' ? after : JSON.parse(after));
  }
  return dump(tree, { schema: CAREFUL, lineWidth: -1, noRefs: true });
}

/** The same where values have to go again: those to remove stand in comments before the ones to set. */
export function takenBackValues(differences: readonly Difference[]): string {
  const removed = differences.filter(({ after }) => after === undefined).map(({ path }) => `#   ${path}`);
  const comments = removed.length === 0 ? '' : `# Remove:\n${removed.join('\n')}\n`;
  const isAnySet = removed.length < differences.length;
  return `${comments}${isAnySet ? handOverValues(differences) : ''}`;
}

function place(tree: Tree, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const below = (tree[key] as Tree | undefined) ?? {};
  tree[key] = below;
  place(below, rest, value);
}
