import type { FastifyInstance } from 'fastify';
import type { Properties } from '../directory.ts';
import type { World } from '../world.ts';
import { requireAny } from './caller.ts';
import { readPolicies } from './permissions.ts';
import { page, readQuery } from './query.ts';

/** Policies, read only. @see https://learn.microsoft.com/graph/api/conditionalaccessroot-list-policies */
export function policyRoutes(app: FastifyInstance, world: World): void {
  app.get('/identity/conditionalAccess/policies', (request) => {
    requireAny(request.caller, readPolicies);
    return page(
      request,
      world.url,
      'identity/conditionalAccess/policies',
      conditionalAccess(world),
      readQuery(request),
    );
  });

  app.get('/policies/identitySecurityDefaultsEnforcementPolicy', (request) => {
    requireAny(request.caller, readPolicies);
    return {
      '@odata.context': `${world.url}/v1.0/$metadata#policies/identitySecurityDefaultsEnforcementPolicy/$entity`,
      id: '00000000-0000-0000-0000-000000000005',
      displayName: 'Security Defaults',
      description: 'Basic identity security mechanisms.',
      isEnabled: world.seed.securityDefaultsEnabled ?? false,
    };
  });

  app.get('/policies/defaultAppManagementPolicy', (request) => {
    requireAny(request.caller, readPolicies);
    return appManagement(world);
  });
}

/** The seeded policies, or one that demands a second factor from everybody while the knob says so. */
export function conditionalAccess(world: World): Properties[] {
  if (world.seed.conditionalAccessPolicies) return world.seed.conditionalAccessPolicies;
  return [
    {
      id: '5c1ee4a3-3d5a-4d3c-9c5b-6a3c2b7d9e10',
      templateId: null,
      displayName: 'Everyone signs in with a second factor',
      createdDateTime: '2026-01-05T08:00:00Z',
      modifiedDateTime: null,
      state: world.knobs.mfaRequired ? 'enabled' : 'disabled',
      conditions: {
        clientAppTypes: ['all'],
        signInRiskLevels: [],
        userRiskLevels: [],
        servicePrincipalRiskLevels: [],
        platforms: null,
        locations: null,
        applications: { includeApplications: ['All'], excludeApplications: [], includeUserActions: [] },
        users: {
          includeUsers: ['All'],
          excludeUsers: [],
          includeGroups: [],
          excludeGroups: [],
          includeRoles: [],
          excludeRoles: [],
        },
      },
      grantControls: {
        operator: 'OR',
        builtInControls: ['mfa'],
        customAuthenticationFactors: [],
        termsOfUse: [],
      },
      sessionControls: null,
    },
  ];
}

/** What the knob `secretPolicy` means, in the words of the tenant's default policy. */
function appManagement(world: World): Properties {
  const { forbidden, maxLifetimeDays } = world.knobs.secretPolicy;
  const restriction = (restrictionType: string, maxLifetime: string | null) => ({
    restrictionType,
    maxLifetime,
    state: 'enabled',
    restrictForAppsCreatedAfterDateTime: '2020-01-01T00:00:00Z',
  });
  const passwordCredentials = [
    ...(forbidden ? [restriction('passwordAddition', null)] : []),
    ...(maxLifetimeDays === undefined ? [] : [restriction('passwordLifetime', `P${maxLifetimeDays}D`)]),
  ];
  return {
    '@odata.context': `${world.url}/v1.0/$metadata#policies/defaultAppManagementPolicy/$entity`,
    id: '00000000-0000-0000-0000-000000000000',
    displayName: 'Default app management tenant policy',
    description: 'Rules for the credentials of applications.',
    isEnabled: passwordCredentials.length > 0,
    applicationRestrictions: { passwordCredentials, keyCredentials: [] },
    servicePrincipalRestrictions: { passwordCredentials: [], keyCredentials: [] },
  };
}
