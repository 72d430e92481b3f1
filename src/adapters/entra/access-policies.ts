import type {
  ConditionalAccessConditionSet,
  ConditionalAccessGrantControls,
  ConditionalAccessPolicy,
  ConditionalAccessUsers,
  IdentitySecurityDefaultsEnforcementPolicy,
} from '@microsoft/microsoft-graph-types';
import type { AccessPolicies, AccessPolicy } from '../../domain/status/mfa.ts';
import type { Directory } from '../../ports/directory.ts';
import type { Graph } from './graph.ts';

const STATES: Readonly<Record<string, AccessPolicy['state']>> = {
  enabled: 'enabled',
  enabledForReportingButNotEnforced: 'reporting',
};

/**
 * What the tenant demands at sign-in.
 * @see https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies
 */
export function createAccessPolicies(graph: Graph): Pick<Directory, 'readAccessPolicies'> {
  return {
    readAccessPolicies: async (): Promise<AccessPolicies> => {
      const operation = 'read what the tenant demands at sign-in';
      // One after the other: Entra allows one such request a second (https://learn.microsoft.com/graph/throttling-limits).
      const defaults = await graph.request<IdentitySecurityDefaultsEnforcementPolicy>({
        operation,
        method: 'GET',
        path: '/policies/identitySecurityDefaultsEnforcementPolicy',
      });
      const policies = await graph.list<ConditionalAccessPolicy>({
        operation,
        method: 'GET',
        path: '/identity/conditionalAccess/policies',
      });
      return { securityDefaults: defaults?.isEnabled === true, policies: policies.map(toPolicy) };
    },
  };
}

function toPolicy({ displayName, state, conditions, grantControls }: ConditionalAccessPolicy): AccessPolicy {
  const users = conditions?.users;
  const applications = conditions?.applications;
  return {
    name: displayName ?? '',
    state: STATES[state ?? ''] ?? 'disabled',
    includeApplications: applications?.includeApplications ?? [],
    excludeApplications: applications?.excludeApplications ?? [],
    filtersApplications: applications?.applicationFilter != null,
    allUsers: users?.includeUsers?.includes('All') === true,
    includeGroups: users?.includeGroups ?? [],
    excludeGroups: users?.excludeGroups ?? [],
    ...countsOf(users ?? {}),
    conditions: conditionsOf(conditions ?? {}),
    demands: demandOf(grantControls ?? {}),
  };
}

function countsOf(users: ConditionalAccessUsers): Pick<AccessPolicy, 'otherIncludes' | 'otherExcludes'> {
  const count = (list: readonly string[] | null | undefined, special: readonly string[] = []): number =>
    (list ?? []).filter((one) => !special.includes(one)).length;
  return {
    otherIncludes:
      count(users.includeUsers, ['All', 'None']) +
      count(users.includeRoles) +
      (users.includeGuestsOrExternalUsers == null ? 0 : 1),
    otherExcludes:
      count(users.excludeUsers) +
      count(users.excludeRoles) +
      (users.excludeGuestsOrExternalUsers == null ? 0 : 1),
  };
}

// A condition that is there narrows the policy, whatever it says.
function conditionsOf(set: ConditionalAccessConditionSet): string[] {
  const narrowing: readonly (readonly [string, unknown])[] = [
    ['kinds of clients', (set.clientAppTypes ?? []).filter((type) => type !== 'all')],
    ['places', everywhere(set.locations?.includeLocations, set.locations?.excludeLocations)],
    ['platforms', everywhere(set.platforms?.includePlatforms, set.platforms?.excludePlatforms)],
    ['devices', set.devices?.deviceFilter ?? []],
    ['sign-in risks', set.signInRiskLevels],
    ['user risks', set.userRiskLevels],
  ];
  return narrowing.filter(([, value]) => isThere(value)).map(([name]) => name);
}

function everywhere(
  included: readonly string[] | null | undefined,
  excluded: readonly string[] | null | undefined,
): readonly string[] {
  const some = (included ?? []).filter((one) => one.toLowerCase() !== 'all');
  return [...some, ...(excluded ?? [])];
}

function isThere(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value != null;
}

function demandOf(controls: ConditionalAccessGrantControls): AccessPolicy['demands'] {
  const { operator, authenticationStrength } = controls;
  const builtIn: readonly string[] = controls.builtInControls ?? [];
  if (builtIn.includes('block')) return 'block';
  const factors = [
    ...builtIn.filter((one) => one === 'mfa'),
    ...(authenticationStrength == null ? [] : ['mfa']),
  ];
  if (factors.length === 0) return 'other';
  const others =
    builtIn.length + (controls.customAuthenticationFactors ?? []).length + (controls.termsOfUse ?? []).length;
  const isAlone = others + (authenticationStrength == null ? 0 : 1) === factors.length;
  return operator === 'AND' || isAlone ? 'mfa' : 'mfa-or-other';
}
