/** A Conditional Access policy, as far as it says whether a sign-in needs a second factor. */
export interface AccessPolicy {
  readonly name: string;
  readonly state: 'enabled' | 'reporting' | 'disabled';
  /** Client IDs, or `All`, `None`, and Microsoft's own words for groups of applications. */
  readonly includeApplications: readonly string[];
  readonly excludeApplications: readonly string[];
  /** Whether it picks applications by a filter, which cannot be evaluated from outside. */
  readonly filtersApplications: boolean;
  readonly allUsers: boolean;
  readonly includeGroups: readonly string[];
  readonly excludeGroups: readonly string[];
  /** How many users, roles and kinds of guests it names besides. */
  readonly otherIncludes: number;
  readonly otherExcludes: number;
  /** Under which conditions only: `locations`, `platforms`, ... */
  readonly conditions: readonly string[];
  readonly demands: 'mfa' | 'mfa-or-other' | 'block' | 'other';
}

export interface AccessPolicies {
  readonly policies: readonly AccessPolicy[];
  readonly securityDefaults: boolean;
}

/** Whether signing in to one application needs a second factor, in words. */
export interface MfaAnswer {
  /** `partly`: of some people, under some conditions, or when Entra sees a need. */
  readonly demanded: 'yes' | 'partly' | 'no' | 'unknown';
  readonly because: string;
}

/**
 * Whether the tenant really demands a second factor at this application.
 * @param about the application's client ID, and the object IDs of the groups that let people into K10
 */
export function mfaAnswer(
  { policies, securityDefaults }: AccessPolicies,
  about: { readonly clientId: string; readonly groupIds: readonly string[] },
): MfaAnswer {
  if (securityDefaults) {
    return {
      demanded: 'partly',
      because: 'security defaults are on: everybody has to register, and Entra asks when it sees a need',
    };
  }
  const aimed = policies.filter((policy) => concerns(policy, about.clientId));
  const verdicts = aimed
    .filter(({ state, demands }) => state === 'enabled' && (demands === 'mfa' || demands === 'mfa-or-other'))
    .map((policy) => ({ policy, gaps: gapsOf(policy, about.groupIds) }));
  const whole = verdicts.find(({ gaps }) => gaps.length === 0);
  if (whole !== undefined)
    return { demanded: 'yes', because: `the policy "${whole.policy.name}" demands it of everybody` };
  if (verdicts.length > 0) {
    const named = verdicts.map(({ policy, gaps }) => `"${policy.name}" ${gaps.join(', ')}`);
    return { demanded: 'partly', because: `policies demand it with gaps: ${named.join('; ')}` };
  }
  const reporting = aimed.find(({ state, demands }) => state === 'reporting' && demands === 'mfa');
  if (reporting !== undefined)
    return { demanded: 'no', because: `the policy "${reporting.name}" would demand it, but only reports` };
  return {
    demanded: 'no',
    because:
      'no Conditional Access policy demands it and security defaults are off; what is set person by person cannot be seen from here',
  };
}

function concerns(policy: AccessPolicy, clientId: string): boolean {
  const named = (list: readonly string[]): boolean =>
    list.some((one) => one === 'All' || one.toLowerCase() === clientId.toLowerCase());
  return (
    (policy.filtersApplications || named(policy.includeApplications)) && !named(policy.excludeApplications)
  );
}

// In which cases the policy does not demand it.
function gapsOf(policy: AccessPolicy, groupIds: readonly string[]): string[] {
  const covered = groupIds.length > 0 && groupIds.every((id) => policy.includeGroups.includes(id));
  const left = groupIds.filter((id) => policy.excludeGroups.includes(id)).length;
  const others = policy.excludeGroups.length - left + policy.otherExcludes;
  return [
    ...(policy.allUsers || covered ? [] : ['is for some people only']),
    ...(left > 0 ? [`leaves out ${left} of the groups for K10`] : []),
    ...(left === 0 && others > 0
      ? [`leaves out ${others} ${others === 1 ? 'exception' : 'exceptions'}`]
      : []),
    ...(policy.conditions.length > 0 ? [`holds only for certain ${policy.conditions.join(' and ')}`] : []),
    ...(policy.demands === 'mfa-or-other' ? ['is satisfied by something else, too'] : []),
    ...(policy.filtersApplications ? ['picks applications by a filter that cannot be seen into'] : []),
  ];
}
