import type { FieldProblem } from './setup-form.ts';
import type { Removable } from './teardown.ts';

/** What the form proposes: groups stay, because others may use them and some tenants cannot fetch them back. */
export const PROPOSED_REMOVALS: readonly Removable[] = ['bindings', 'credential', 'application'];

/** What cannot go while something else stays. */
export function removalProblems(remove: readonly Removable[]): FieldProblem[] {
  const stays = (what: Removable): boolean => !remove.includes(what);
  const problem = (message: string): FieldProblem => ({ field: 'remove', message });
  return [
    ...(remove.includes('application') && stays('credential')
      ? [problem('A Kubernetes Secret of an app that is gone is of no use: tick it, too.')]
      : []),
    ...(remove.includes('groups') && stays('bindings')
      ? [problem('Bindings of groups that are gone are of no use: tick them, too.')]
      : []),
  ];
}
