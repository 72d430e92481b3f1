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

function place(tree: Tree, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const below = (tree[key] as Tree | undefined) ?? {};
  tree[key] = below;
  place(below, rest, value);
}
