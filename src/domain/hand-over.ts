import { dump } from 'js-yaml';
import type { Difference } from './plan.ts';

interface Tree {
  [key: string]: unknown;
}

/** The values to commit where somebody else keeps the release, as YAML; a secret stays `(secret)`. */
export function handOverValues(differences: readonly Difference[]): string {
  const tree: Tree = {};
  for (const { path, after } of differences) {
    if (after !== undefined) place(tree, path.split('.'), after === '(secret)' ? after : JSON.parse(after));
  }
  return dump(tree);
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
