import type { FastifyInstance } from 'fastify';
import type { Properties } from '../directory.ts';
import type { AssignedPolicy } from '../knobs.ts';
import type { World } from '../world.ts';
import { assignedTo, defaultRules, shownRule } from './app-management.ts';
import { requireAny } from './caller.ts';
import { find } from './lookup.ts';
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

  app.get('/policies/authorizationPolicy', (request) => {
    requireAny(request.caller, readPolicies);
    return authorization(world);
  });

  app.get('/policies/defaultAppManagementPolicy', (request) => {
    requireAny(request.caller, readPolicies);
    return defaultAppManagement(world);
  });

  app.get<{ Params: { application: string } }>(
    '/applications/:application/appManagementPolicies',
    (request) => {
      requireAny(request.caller, readPolicies);
      const application = find(world, 'application', request.params.application);
      return {
        '@odata.context': `${world.url}/v1.0/$metadata#policies/appManagementPolicies`,
        value: assignedTo(world, application).map(assignedPolicy),
      };
    },
  );
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

/** @see https://learn.microsoft.com/graph/api/authorizationpolicy-get */
function authorization(world: World): Properties {
  return {
    '@odata.context': `${world.url}/v1.0/$metadata#policies/authorizationPolicy/$entity`,
    id: 'authorizationPolicy',
    displayName: 'Authorization Policy',
    description: 'Used to manage authorization related settings across the company.',
    allowInvitesFrom: 'everyone',
    allowedToSignUpEmailBasedSubscriptions: true,
    allowedToUseSSPR: true,
    allowEmailVerifiedUsersToJoinOrganization: false,
    blockMsolPowerShell: false,
    guestUserRoleId: '10dae51f-b6af-4016-8d66-8c2a99b929b3',
    defaultUserRolePermissions: {
      allowedToCreateApps: true,
      allowedToCreateSecurityGroups: true,
      allowedToReadOtherUsers: true,
      permissionGrantPoliciesAssigned: world.knobs.userConsent
        ? ['ManagePermissionGrantsForSelf.microsoft-user-default-recommended']
        : ['ManagePermissionGrantsForOwnedResource.microsoft-dynamically-managed-permissions-for-team'],
    },
  };
}

function defaultAppManagement(world: World): Properties {
  const passwordCredentials = defaultRules(world).map(shownRule);
  const forPrincipals = (world.knobs.secretPolicy.servicePrincipalRules ?? []).map(shownRule);
  return {
    '@odata.context': `${world.url}/v1.0/$metadata#policies/defaultAppManagementPolicy/$entity`,
    id: '00000000-0000-0000-0000-000000000000',
    displayName: 'Default app management tenant policy',
    description: 'Rules for the credentials of applications.',
    isEnabled: passwordCredentials.length + forPrincipals.length > 0,
    applicationRestrictions: { passwordCredentials, keyCredentials: [] },
    servicePrincipalRestrictions: { passwordCredentials: forPrincipals, keyCredentials: [] },
  };
}

function assignedPolicy({ displayName, isEnabled, rules }: AssignedPolicy): Properties {
  return {
    id: '9c1b5b1e-5a0a-4d0a-9a0e-6f1d3f0a7c11',
    displayName,
    description: '',
    isEnabled: isEnabled ?? true,
    restrictions: {
      passwordCredentials: rules.map(shownRule),
      keyCredentials: [],
      applicationRestrictions: null,
    },
  };
}
