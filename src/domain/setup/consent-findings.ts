import type { EntraFinding, ObservedEntra } from './entra-finding.ts';
import { redirectUri } from './naming.ts';

/**
 * Whether people get past the question for consent. Where an assignment is required nobody may consent for themselves,
 * whatever the tenant allows otherwise.
 * @see https://learn.microsoft.com/entra/identity/enterprise-apps/user-admin-consent-overview
 */
export function consentFindings({ spec, observed }: ObservedEntra): EntraFinding[] {
  const { byPeople, forAllUsers } = observed.surroundings.consent;
  const { applicationName: name } = spec;
  const scopes = spec.signIn.scopes.split(/\s+/).filter((scope) => scope !== '');
  if (forAllUsers !== undefined && scopes.every((scope) => forAllUsers.includes(scope))) return [];
  const isAssigned = observed.servicePrincipal?.assignmentRequired === true;
  const finding = (weight: EntraFinding['weight'], says: string): EntraFinding => ({
    subject: `Consent for ${name}`,
    says,
    weight,
    fix: consentWords(spec, observed.application?.clientId, scopes),
  });
  if (byPeople === 'off' || isAssigned) {
    const reason = isAssigned
      ? `${name} admits only people who are assigned, and those may not consent for themselves`
      : 'People may not consent for themselves in this tenant';
    const sees = 'people see "Need admin approval" (AADSTS90094) instead of Kasten';
    return [
      forAllUsers === undefined
        ? finding(
            'warns',
            `${reason}. Unless an administrator has consented for ${name}, which Kastellan may not see, ${sees}.`,
          )
        : {
            ...finding('warns', `${reason}, and no administrator has consented for ${name}: ${sees}.`),
            keepsOut: true as const,
          },
    ];
  }
  if (byPeople === 'limited') {
    const says = `People may consent for themselves only within a policy of this tenant. If that leaves out ${scopes.join(', ')}, they see "Need admin approval" (AADSTS90094).`;
    return [finding('notes', says)];
  }
  if (byPeople === 'allowed') return [];
  return [
    finding(
      'unknown',
      `Whether people may consent for themselves, or see "Need admin approval" (AADSTS90094), is not known: Kastellan may not read it.`,
    ),
  ];
}

// https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
function consentWords(
  { providerUrl, origin, ...served }: ObservedEntra['spec'],
  clientId: string | undefined,
  scopes: readonly string[],
): string {
  if (clientId === undefined || origin === undefined)
    return 'Once the app is there, have an administrator consent to it for everybody; /kasten status then shows how.';
  const query = new URLSearchParams({
    client_id: clientId,
    scope: scopes.join(' '),
    redirect_uri: redirectUri({ ...served, origin }),
  });
  return `An administrator consents for everybody at ${providerUrl}/adminconsent?${query.toString().replaceAll('+', '%20')} (the page after it may show an error, the consent counts all the same).`;
}
