import { durationText } from '../duration.ts';
import type { Plan } from '../requests/plan.ts';
import type { RequestOf } from '../requests/request.ts';
import { type GroupUse, useText } from '../setup/group-use.ts';
import type { AccessSpec } from './access.ts';

/** Who would be put where. */
export interface ObservedAccess {
  readonly person: { readonly objectId: string; readonly name: string };
  readonly group: { readonly objectId: string; readonly displayName: string };
  /** Where else the group lets them in. */
  readonly alsoOn: readonly GroupUse[];
  /** What the level lets people do, in words. */
  readonly description: string;
}

/**
 * What giving access changes. It says the same whether the person is in the group already: a grant is one even where
 * another one of the same membership runs.
 */
export function planAccess(spec: AccessSpec, { person, group, alsoOn, description }: ObservedAccess): Plan {
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
          // What people approve: where a group comes to be shared after that, they are asked again.
          ...alsoOn.map((use) => ({ path: ALSO, after: useText(use) })),
        ],
      },
    ],
    notes: [`Lets them do: ${description}.`],
  };
}

const ALSO = 'also';

/** The object ID of the account that a plan is about. */
export function plannedMember(plan: Plan | undefined): string | undefined {
  return plan?.changes.flatMap(({ differences }) => differences).find(({ path }) => path === 'member')?.after;
}

/** The account that gets access by an approved plan, with its name where that is remembered. */
export function plannedAccount({
  plan,
  accounts,
}: Pick<RequestOf<'access'>, 'plan' | 'accounts'>): { objectId: string; name?: string } | undefined {
  const objectId = plannedMember(plan);
  if (objectId === undefined) return undefined;
  return accounts?.beneficiary.find((account) => account.objectId === objectId) ?? { objectId };
}

/** Where else a plan lets somebody in, because a group is shared: `admin on prod-us`. */
export function plannedElsewhere(plan: Plan | undefined): string[] {
  return (plan?.changes ?? [])
    .flatMap(({ differences }) => differences)
    .flatMap(({ path, after }) => (path === ALSO && after !== undefined ? [after] : []));
}
