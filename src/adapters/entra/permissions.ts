/**
 * The parts of Kastellan that need permissions, by the names under which `deploy/entra` grants them, with what stops
 * working without them. The first is always granted, the others by choice.
 */
export const FEATURES = {
  'set-up': 'set-up',
  'secret-limits': 'plan',
  'delete-groups': 'roll back, and tear-down of groups',
  'application-groups': 'group claims of the kind ApplicationGroup',
  'other-applications': 'reminders of applications that Kastellan did not make',
  'member-history': 'status, of who changed the members of a group by hand',
  'mfa-check': 'status, of whether a second factor is demanded',
  'sign-in-log': 'failed sign-ins, and the first one after a set-up',
  'consent-check':
    'plan and status, of whether an administrator consented for all users, and of the applications and roles of a chosen group',
} as const;

type Feature = keyof typeof FEATURES;

/** A Microsoft Graph application permission that Kastellan's own identity may need. */
export interface GraphPermission {
  readonly name: string;
  /** The app role's ID in every tenant (https://learn.microsoft.com/graph/permissions-reference). */
  readonly id: string;
  /** Each of these needs it. */
  readonly features: readonly [Feature, ...Feature[]];
  /** What it is used for. */
  readonly reason: string;
  /** Stronger permissions with which it is not needed. */
  readonly coveredBy: readonly string[];
}

/** Whether Kastellan works without it as long as its features are not used. */
export function isOptional({ features }: GraphPermission): boolean {
  return !features.includes('set-up');
}

export const PERMISSIONS = [
  {
    name: 'Application.ReadWrite.OwnedBy',
    id: '18a4783c-866b-4cc7-a460-3d5e5662c884',
    features: ['set-up'],
    reason:
      'Creates and changes app registrations, their enterprise applications and client secrets; only those it made itself.',
    coveredBy: ['Application.ReadWrite.All'],
  },
  {
    name: 'Group.Create',
    id: 'bf7b1a76-6e77-406b-b258-bf5c7720e98f',
    features: ['set-up'],
    reason: 'Creates the security groups of the access levels and owns them, and only those.',
    coveredBy: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  {
    name: 'GroupMember.ReadWrite.All',
    id: 'dbaae8cf-10b5-4b86-a4a1-f871c94c6695',
    features: ['set-up'],
    reason: 'Finds groups, reads who is in them, adds and removes members.',
    coveredBy: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  {
    name: 'User.Read.All',
    id: 'df021288-bdef-4463-88db-98f22de89214',
    features: ['set-up'],
    reason:
      'Finds a person by e-mail address and sees whether the account is enabled and no guest. User.ReadBasic.All shows neither.',
    coveredBy: ['User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  {
    name: 'Policy.Read.All',
    id: '246dd0d5-5bd0-4def-940b-0421030a5b68',
    features: ['secret-limits', 'mfa-check', 'consent-check'],
    reason:
      'Reads how long client secrets may live and who may consent, so that the plan says so before anything is done; and what the tenant demands at sign-in, so that status says whether a second factor really is.',
    coveredBy: [],
  },
  {
    name: 'Group.ReadWrite.All',
    id: '62a82d76-70ea-41e2-9197-370581804d09',
    features: ['delete-groups'],
    reason: 'Deletes groups that Kastellan made, in tenants where being their owner is not enough for that.',
    coveredBy: ['Directory.ReadWrite.All'],
  },
  {
    name: 'AppRoleAssignment.ReadWrite.All',
    id: '06b708a9-e830-4db3-a914-8e69da51d44f',
    features: ['application-groups'],
    reason:
      'Assigns groups to the enterprise application. It can grant any permission to anybody, so leave it out unless you need it.',
    coveredBy: [],
  },
  {
    name: 'Application.Read.All',
    id: '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
    features: ['application-groups', 'other-applications'],
    reason:
      'Reads when secrets and certificates of any application end and who owns it; Graph also demands it together with AppRoleAssignment.ReadWrite.All.',
    coveredBy: ['Application.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  {
    name: 'AuditLog.Read.All',
    id: 'b0afded3-3588-46d8-8b3d-9842eff778da',
    features: ['member-history', 'sign-in-log'],
    reason:
      'Reads who added or removed members by hand, and when; and which sign-ins failed at the applications of K10, where the licence gives that log.',
    coveredBy: [],
  },
  {
    name: 'Directory.Read.All',
    id: '7ab1d382-f21e-4acd-a863-ba3e13f7da61',
    features: ['consent-check'],
    reason:
      'Reads what was consented to for an application, which applications a group is assigned to, and the names of the directory roles it has. Graph has no smaller permission for the first two; they matter where people may not consent for themselves.',
    coveredBy: ['Directory.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All'],
  },
] as const satisfies readonly GraphPermission[];

export type PermissionName = (typeof PERMISSIONS)[number]['name'];

/** What is done through Graph, and the permission to grant for it. */
export const OPERATIONS = {
  'find the group': 'GroupMember.ReadWrite.All',
  'create the group': 'Group.Create',
  'delete the group': 'Group.ReadWrite.All',
  'restore the group': 'Group.ReadWrite.All',
  'list the members of the group': 'GroupMember.ReadWrite.All',
  'list the owners of the group': 'GroupMember.ReadWrite.All',
  'list what the group is in': 'GroupMember.ReadWrite.All',
  'list the applications of the group': 'Directory.Read.All',
  'list the groups of a person': 'GroupMember.ReadWrite.All',
  'add members to the group': 'GroupMember.ReadWrite.All',
  'remove members from the group': 'GroupMember.ReadWrite.All',
  'read who changed the members of the group': 'AuditLog.Read.All',
  'find people': 'User.Read.All',
  'find the application': 'Application.ReadWrite.OwnedBy',
  'create the application': 'Application.ReadWrite.OwnedBy',
  'change the application': 'Application.ReadWrite.OwnedBy',
  'delete the application': 'Application.ReadWrite.OwnedBy',
  'restore the application': 'Application.ReadWrite.OwnedBy',
  'find the enterprise application': 'Application.ReadWrite.OwnedBy',
  'create the enterprise application': 'Application.ReadWrite.OwnedBy',
  'change the enterprise application': 'Application.ReadWrite.OwnedBy',
  'delete the enterprise application': 'Application.ReadWrite.OwnedBy',
  'restore the enterprise application': 'Application.ReadWrite.OwnedBy',
  'list the groups assigned to the application': 'Application.ReadWrite.OwnedBy',
  'assign the group to the application': 'AppRoleAssignment.ReadWrite.All',
  'unassign the group from the application': 'AppRoleAssignment.ReadWrite.All',
  'read the policy on client secrets': 'Policy.Read.All',
  'read who may consent': 'Policy.Read.All',
  'read what was consented to': 'Directory.Read.All',
  'read what the tenant demands at sign-in': 'Policy.Read.All',
  'read the sign-in log': 'AuditLog.Read.All',
  'add a client secret': 'Application.ReadWrite.OwnedBy',
  'remove a client secret': 'Application.ReadWrite.OwnedBy',
  'read the credentials of applications': 'Application.Read.All',
  'read who owns the application': 'Application.Read.All',
} as const satisfies Record<string, PermissionName>;

export type Operation = keyof typeof OPERATIONS;

const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/** The two commands that grant a permission, for those who prefer a shell to the portal. */
export function grantCommand(permission: GraphPermission, clientId: string): string {
  return (
    `az ad app permission add --id ${clientId} --api ${GRAPH_APP_ID} --api-permissions ${permission.id}=Role ` +
    `&& az ad app permission admin-consent --id ${clientId}`
  );
}

/** Where an administrator grants a permission by hand. */
export function portalPath(permission: GraphPermission): string {
  return (
    'App registrations > the app Kastellan runs as > API permissions > Add a permission > Microsoft Graph > ' +
    `Application permissions > ${permission.name} > Grant admin consent`
  );
}
