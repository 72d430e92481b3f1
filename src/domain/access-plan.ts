import { type AccessSpec, durationText } from './access.ts';
import type { Plan } from './plan.ts';

/** Who would be put where. */
export interface ObservedAccess {
  readonly person: { readonly objectId: string; readonly name: string };
  readonly group: { readonly objectId: string; readonly displayName: string };
  /** What the level lets people do, in words. */
  readonly description: string;
}

/**
 * What giving access changes. It says the same whether the person is in the group already: a grant is one even where
 * another one of the same membership runs.
 */
export function planAccess(spec: AccessSpec, { person, group, description }: ObservedAccess): Plan {
  return {
    changes: [
      {
        id: `member:${spec.level}`,
        sign: '+',
        system: 'entra',
        summary: `${person.name} in ${group.displayName} for ${durationText(spec.durationMs)}`,
        differences: [
          { path: 'member', after: person.objectId },
          { path: 'group', after: group.objectId },
          { path: 'for', after: durationText(spec.durationMs) },
        ],
      },
    ],
    notes: [`Lets them do: ${description}.`],
  };
}

/** The object ID of the account that a plan is about. */
export function plannedMember(plan: Plan | undefined): string | undefined {
  return plan?.changes.flatMap(({ differences }) => differences).find(({ path }) => path === 'member')?.after;
}
