import type { Kind, Properties } from '../directory.ts';

const groupDefaults: Properties = {
  classification: null,
  description: null,
  displayName: null,
  expirationDateTime: null,
  groupTypes: [],
  isAssignableToRole: null,
  mail: null,
  mailEnabled: false,
  mailNickname: null,
  membershipRule: null,
  onPremisesSyncEnabled: null,
  proxyAddresses: [],
  renewedDateTime: null,
  securityEnabled: true,
  securityIdentifier: null,
  uniqueName: null,
  visibility: null,
};

const applicationDefaults: Properties = {
  api: {
    acceptMappedClaims: null,
    knownClientApplications: [],
    oauth2PermissionScopes: [],
    preAuthorizedApplications: [],
    requestedAccessTokenVersion: null,
  },
  appId: null,
  appRoles: [],
  applicationTemplateId: null,
  description: null,
  disabledByMicrosoftStatus: null,
  displayName: null,
  groupMembershipClaims: null,
  identifierUris: [],
  isDeviceOnlyAuthSupported: null,
  isFallbackPublicClient: null,
  keyCredentials: [],
  notes: null,
  optionalClaims: null,
  passwordCredentials: [],
  publicClient: { redirectUris: [] },
  publisherDomain: 'sandbox.example',
  requiredResourceAccess: [],
  samlMetadataUrl: null,
  serviceManagementReference: null,
  signInAudience: 'AzureADMyOrg',
  spa: { redirectUris: [] },
  tags: [],
  tokenEncryptionKeyId: null,
  uniqueName: null,
  web: {
    homePageUrl: null,
    implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false },
    logoutUrl: null,
    redirectUris: [],
    redirectUriSettings: [],
  },
};

const servicePrincipalDefaults: Properties = {
  accountEnabled: true,
  alternativeNames: [],
  appDescription: null,
  appDisplayName: null,
  appId: null,
  applicationTemplateId: null,
  appOwnerOrganizationId: null,
  appRoleAssignmentRequired: false,
  appRoles: [],
  customSecurityAttributes: null,
  description: null,
  displayName: null,
  homepage: null,
  keyCredentials: [],
  loginUrl: null,
  logoutUrl: null,
  notes: null,
  notificationEmailAddresses: [],
  oauth2PermissionScopes: [],
  passwordCredentials: [],
  preferredSingleSignOnMode: null,
  replyUrls: [],
  servicePrincipalNames: [],
  servicePrincipalType: 'Application',
  signInAudience: 'AzureADMyOrg',
  tags: [],
};

const userDefaults: Properties = {
  accountEnabled: true,
  businessPhones: [],
  department: null,
  displayName: null,
  externalUserState: null,
  givenName: null,
  jobTitle: null,
  mail: null,
  mailNickname: null,
  mobilePhone: null,
  officeLocation: null,
  onPremisesSyncEnabled: null,
  otherMails: [],
  preferredLanguage: null,
  proxyAddresses: [],
  surname: null,
  userPrincipalName: null,
  userType: 'Member',
};

/** Every property of a kind with the value it has when nobody set it. */
export const defaults: Record<Kind, Properties> = {
  group: groupDefaults,
  application: applicationDefaults,
  servicePrincipal: servicePrincipalDefaults,
  user: userDefaults,
};

/**
 * What a user shows without `$select`; everything else must be asked for by name.
 * @see https://learn.microsoft.com/graph/api/user-get
 */
export const userShownByDefault = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
] as const;

/** What `User.ReadBasic.All` lets an application see; the rest comes back empty. */
export const userBasics: ReadonlySet<string> = new Set([
  'displayName',
  'givenName',
  'id',
  'mail',
  'surname',
  'userPrincipalName',
]);

/** The name Graph uses for a kind in error messages. */
export function typeName(kind: Kind): string {
  return { group: 'Group', application: 'Application', servicePrincipal: 'ServicePrincipal', user: 'User' }[
    kind
  ];
}
