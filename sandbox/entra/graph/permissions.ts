import type { Right } from './caller.ts';

/**
 * Application permissions per operation, after Microsoft's permission reference.
 * @see https://learn.microsoft.com/graph/permissions-reference
 */

export const readGroups = [
  'Group.ReadBasic.All',
  'Group.Read.All',
  'Group.ReadWrite.All',
  'GroupMember.Read.All',
  // Its description includes "list groups, read basic properties".
  'GroupMember.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
/** `Group.ReadBasic.All` does not say what a group is in. */
export const readGroupsOfGroup = readGroups.slice(1);
export const createGroups = ['Group.Create', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'];
/** A group's owner may manage it; creating it with itself as the owner is how `Group.Create` is meant to be used. */
export const changeGroup: Right = {
  any: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  owned: ['Group.Create', 'GroupMember.ReadWrite.All'],
};
export const deleteGroup: Right = { any: ['Group.ReadWrite.All'], owned: ['Group.Create'] };
export const readGroup: Right = { any: readGroups, owned: ['Group.Create'] };
export const readMembers: Right = {
  any: ['GroupMember.ReadBasic.All', ...readGroups],
  owned: ['Group.Create'],
};
export const changeMembers: Right = {
  any: ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  owned: ['Group.Create'],
};
export const changeGroupOwners: Right = {
  any: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  owned: ['Group.Create'],
};

export const readUsers = [
  'User.ReadBasic.All',
  'User.Read.All',
  'User.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
export const readUsersFully = readUsers.slice(1);

/** `Application.ReadWrite.OwnedBy` may list all applications, not only its own. */
export const readApplications = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Application.ReadWrite.OwnedBy',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
export const createApplications = [
  'Application.ReadWrite.OwnedBy',
  'AppRegistration.Create',
  'Application.ReadWrite.All',
];
export const changeApplication: Right = {
  any: ['Application.ReadWrite.All'],
  owned: ['Application.ReadWrite.OwnedBy'],
};
export const changeApplicationOwners = ['Directory.Read.All', 'Directory.ReadWrite.All'];
export const createServicePrincipals = ['Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All'];

export const assignRoles = ['AppRoleAssignment.ReadWrite.All'];
export const assignRolesAlso = ['Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All'];

export const readGroupAssignments = [
  'Directory.Read.All',
  'AppRoleAssignment.ReadWrite.All',
  'Directory.ReadWrite.All',
];

const readDirectory = ['Directory.Read.All', 'Directory.ReadWrite.All'];
/** What the names of these take; without it their type and ID are all that is shown. */
export const readRolesAndUnits = {
  directoryRole: ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory', ...readDirectory],
  administrativeUnit: ['AdministrativeUnit.Read.All', 'AdministrativeUnit.ReadWrite.All', ...readDirectory],
};

export const readAuditLogs = ['AuditLog.Read.All'];
export const readDirectoryAudits = ['AuditLog.Read.All', 'Directory.Read.All'];
export const readPolicies = ['Policy.Read.All'];
export const readPermissionGrants = [
  'Directory.Read.All',
  'Directory.ReadWrite.All',
  'DelegatedPermissionGrant.ReadWrite.All',
];
