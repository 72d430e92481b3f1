import type { RequestOf } from '../../src/domain/requests/request.ts';
import type { Policy } from '../../src/domain/requests/rules.ts';
import type { ObservedSetup, SetupSpec } from '../../src/domain/setup/setup.ts';
import type { SetupForm } from '../../src/domain/setup/setup-form.ts';
import { ACCESS } from './memory-world.ts';

const TENANT = '11111111-1111-4111-8111-111111111111';
export const GROUP_ID = '22222222-2222-4222-8222-222222222222';
export const NOW = new Date('2026-11-23T09:00:00Z');

export function houseRules(changed: Partial<Policy> = {}): Policy {
  return {
    clusters: [
      { name: 'prod-eu', namespace: 'kasten-io', release: 'k10', dashboardUrl: 'https://k10.example.com' },
    ],
    accessLevels: [
      {
        name: 'admin',
        description: 'Everything in K10',
        roles: ['admin', 'ns-admin'],
        group: 'Kasten Users',
        access: ACCESS,
      },
      {
        name: 'ns-admin',
        description: 'The namespace',
        roles: ['ns-admin'],
        group: 'Kasten Operators',
        access: ACCESS,
      },
    ],
    setup: {
      applicationName: 'kasten-service',
      secretLifetime: 180 * 86_400_000,
      upgradeTimeout: 60_000,
      otherChanges: 'refuse',
      signIn: {
        groupPrefix: 'kasten_azure_',
        usernamePrefix: 'kasten_azure_',
        usernameClaim: 'sub',
        groupClaim: 'groups',
        prompt: 'select_account',
        scopes: 'openid email',
        groupClaims: 'SecurityGroup',
      },
    },
    approvals: {
      setup: {
        approvers: { userGroups: ['kasten-approvers'], users: [] },
        required: 1,
        expiresAfter: 86_400_000,
        remindBefore: [3_600_000],
      },
    },
    expiry: {
      remindBefore: [30, 14, 7, 3, 1],
      dailyAfter: 30,
      at: 9 * 60,
      timeZone: 'UTC',
      watch: { clientIds: [], tags: [] },
      owners: [],
    },
    operators: [],
    entra: {
      loginUrl: 'https://login.microsoftonline.com',
      tenantId: TENANT,
      portalUrl: 'https://entra.microsoft.com',
    },
    ...changed,
  };
}

export function setupForm(changed: Partial<SetupForm> = {}): SetupForm {
  return {
    cluster: 'prod-eu',
    dashboardUrl: 'https://k10.example.com/k10/#/dashboard',
    levels: [{ level: 'admin', group: 'Kasten Users', members: ['U0ASKER'] }],
    secretLifetimeDays: '180',
    groupPrefix: 'kasten_azure_',
    prompt: 'select_account',
    scopes: 'openid email',
    usernameClaim: 'sub',
    groupClaims: 'SecurityGroup',
    ...changed,
  };
}

export function setupSpec(changed: Partial<SetupSpec> = {}): SetupSpec {
  return {
    origin: 'https://k10.example.com',
    release: 'k10',
    namespace: 'kasten-io',
    applicationName: 'kasten-service',
    levels: [
      {
        level: 'admin',
        roles: ['admin', 'ns-admin'],
        group: { newName: 'Kasten Users' },
        members: ['U0ASKER'],
      },
    ],
    secretLifetimeDays: 180,
    signIn: houseRules().setup.signIn,
    providerUrl: `https://login.microsoftonline.com/${TENANT}/v2.0`,
    ...changed,
  };
}

/** A bare K10 with token sign-in, and an Entra that knows nothing of it. */
export function bareWorld(changed: Partial<ObservedSetup> = {}): ObservedSetup {
  return {
    obstacles: [],
    warnings: [],
    levels: {
      admin: {
        group: undefined,
        members: [{ slackUserId: 'U0ASKER', objectId: 'a', name: 'Ada Asker', present: false }],
        bindings: [
          { role: { kind: 'ClusterRole', name: 'k10-admin' }, existing: undefined },
          { role: { kind: 'Role', name: 'k10-ns-admin' }, existing: undefined },
        ],
        assigned: false,
      },
    },
    application: undefined,
    servicePrincipal: undefined,
    surroundings: {
      mayAssign: false,
      certificates: [],
      consent: { byPeople: 'allowed', forAllUsers: [] },
    },
    credential: undefined,
    release: {
      chart: 'k10',
      chartVersion: '7.5.10',
      revision: 7,
      status: 'deployed',
      values: { auth: { tokenAuth: { enabled: true } }, persistence: { size: '20Gi' } },
      otherAuthModes: ['basicAuth', 'tokenAuth', 'openshift', 'ldap'],
      knowsSecretReference: true,
      inlineSecretCurrent: true,
      managedBy: undefined,
    },
    roleGrants: { grants: [], ownAccounts: [], unseen: [] },
    deployments: ['auth-svc', 'gateway'],
    runningActions: 0,
    secretPolicy: { maxLifetimeDays: undefined },
    ...changed,
  };
}

export function pendingRequest(changed: Partial<RequestOf<'setup'>> = {}): RequestOf<'setup'> {
  return {
    id: '8k2m0000',
    kind: 'setup',
    cluster: 'prod-eu',
    spec: setupSpec(),
    state: 'pending',
    version: 2,
    asker: 'U0ASKER',
    createdAt: NOW.toISOString(),
    changedAt: NOW.toISOString(),
    decisions: [],
    staleDecisions: [],
    required: 1,
    reminders: 0,
    ...changed,
  };
}
