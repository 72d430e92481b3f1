import type { Journal } from '../requests/journal.ts';
import type { Proof, RequestOf } from '../requests/request.ts';
import { dashboardAddress } from './naming.ts';
import type { SetupForm } from './setup-form.ts';

/** The proof that depends on the dashboard's address. */
export const ADDRESS_PROOF = 'dashboard redirects with this app';

/** Whether a set-up stopped because its dashboard was not seen to sign people in: the address may be another one. */
export function failedAtAddress(journal: Journal): boolean {
  const proofs = journal['proof']?.memory['proofs'];
  if (!Array.isArray(proofs)) return false;
  return (proofs as unknown as Proof[]).some(({ name, holds }) => name === ADDRESS_PROOF && !holds);
}

/** The form as it was filled in for this request. */
export function formAsAsked({ cluster, spec }: Pick<RequestOf<'setup'>, 'cluster' | 'spec'>): SetupForm {
  const { groupPrefix, prompt, scopes, usernameClaim, groupClaims } = spec.signIn;
  return {
    cluster,
    dashboardUrl: dashboardAddress(spec),
    levels: spec.levels.map(({ level, group, members }) => ({
      level,
      group: 'newName' in group ? group.newName : group.existingId,
      members,
    })),
    secretLifetimeDays: String(spec.secretLifetimeDays),
    groupPrefix,
    prompt,
    scopes,
    usernameClaim,
    groupClaims,
  };
}
