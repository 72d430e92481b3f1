import { randomBytes } from 'node:crypto';
import type { Directory, Entry, Properties } from './directory.ts';

export const GRAPH_CLIENT_ID = '00000003-0000-0000-c000-000000000000';

/**
 * Application permissions of Graph, which are app roles of its service principal; only those that somebody here holds.
 * @see https://learn.microsoft.com/graph/permissions-reference
 */
const ROLES: Readonly<Record<string, string>> = {
  'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
  'Application.ReadWrite.All': '1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9',
  'Application.ReadWrite.OwnedBy': '18a4783c-866b-4cc7-a460-3d5e5662c884',
  'AppRoleAssignment.ReadWrite.All': '06b708a9-e830-4db3-a914-8e69da51d44f',
  'AuditLog.Read.All': 'b0afded3-3588-46d8-8b3d-9842eff778da',
  'CustomSecAttributeAssignment.Read.All': '3b37c5a4-1226-493d-bec3-5d6c6b866f3f',
  'Directory.Read.All': '7ab1d382-f21e-4acd-a863-ba3e13f7da61',
  'Group.Create': 'bf7b1a76-6e77-406b-b258-bf5c7720e98f',
  'Group.ReadWrite.All': '62a82d76-70ea-41e2-9197-370581804d09',
  'GroupMember.ReadWrite.All': 'dbaae8cf-10b5-4b86-a4a1-f871c94c6695',
  'Policy.Read.All': '246dd0d5-5bd0-4def-940b-0421030a5b68',
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'User.ReadBasic.All': '97235f07-e226-4f63-ace3-39588e11d3a1',
};

/** The service principal by which every tenant knows Graph. */
export function graphPrincipal(): Properties {
  return {
    appId: GRAPH_CLIENT_ID,
    appDisplayName: 'Microsoft Graph',
    appRoles: Object.entries(ROLES).map(([value, id]) => ({
      id,
      value,
      allowedMemberTypes: ['Application'],
      description: value,
      displayName: value,
      isEnabled: true,
      origin: 'Application',
    })),
    displayName: 'Microsoft Graph',
    servicePrincipalNames: [GRAPH_CLIENT_ID, 'https://graph.microsoft.com'],
  };
}

/** Gives an application's service principal a permission of Graph, with consent. */
export function grantGraphRole(directory: Directory, principal: Entry, name: string): void {
  const appRoleId = ROLES[name];
  const graph = directory.servicePrincipal(GRAPH_CLIENT_ID);
  if (appRoleId === undefined || graph === undefined) throw new Error(`Graph has no role ${name} here.`);
  directory.assignments.push({
    id: randomBytes(32).toString('base64url'),
    appRoleId,
    createdDateTime: '2026-01-01T00:00:00Z',
    principalId: principal.id,
    principalType: 'ServicePrincipal',
    principalDisplayName: String(principal.properties['displayName']),
    resourceId: graph.id,
    resourceDisplayName: 'Microsoft Graph',
  });
}

/** The names of Graph's permissions that a service principal holds, as its tokens carry them. */
export function graphRolesOf(directory: Directory, principal: Entry): string[] {
  const graph = directory.servicePrincipal(GRAPH_CLIENT_ID);
  const held = new Set(
    directory.assignments
      .filter((one) => one.principalId === principal.id && one.resourceId === graph?.id)
      .map(({ appRoleId }) => appRoleId),
  );
  return Object.keys(ROLES).filter((name) => held.has(ROLES[name] ?? ''));
}
