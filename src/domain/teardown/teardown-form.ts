import type { FieldProblem } from '../setup/setup-form.ts';
import type { Removable } from './teardown.ts';

/** What the form proposes: groups stay, because others may use them and some tenants cannot fetch them back. */
export const PROPOSED_REMOVALS: readonly Removable[] = ['bindings', 'credential', 'application'];

/** A tear-down as it was asked for: texts, not yet believed. */
export interface TeardownForm {
  readonly cluster: string;
  readonly remove: readonly Removable[];
  /** The cluster's name typed once more says that it is gone for good. */
  readonly gone: string;
}

/** What cannot go while something else stays, and a name that does not say what it should. */
export function teardownProblems({ cluster, remove, gone }: TeardownForm): FieldProblem[] {
  const stays = (what: Removable): boolean => !remove.includes(what);
  const problem = (field: string, message: string): FieldProblem => ({ field, message });
  if (gone !== '') {
    return [
      ...(gone === cluster
        ? []
        : [problem('gone', `Type ${cluster} if that is gone for good; else leave this empty.`)]),
      ...(remove.some((what) => what !== 'bindings')
        ? []
        : [problem('remove', 'Tick what is to be removed in Entra.')]),
    ];
  }
  return [
    ...(remove.includes('application') && stays('credential')
      ? [problem('remove', 'A Kubernetes Secret of an app that is gone is of no use: tick it, too.')]
      : []),
    ...(remove.includes('groups') && stays('bindings')
      ? [problem('remove', 'Bindings of groups that are gone are of no use: tick them, too.')]
      : []),
  ];
}
