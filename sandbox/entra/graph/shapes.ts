/** What a property may hold: a plain type, another shape, or a list of one of these. */
export type Shape = 'string' | 'boolean' | 'integer' | 'guid' | 'time' | 'any' | ShapeOf | readonly [Shape];
export interface ShapeOf {
  readonly [property: string]: Shape;
}

const resourceAccess: ShapeOf = { id: 'guid', type: 'string' };
const optionalClaim: ShapeOf = {
  name: 'string',
  source: 'string',
  essential: 'boolean',
  additionalProperties: ['string'],
};
const permissionScope: ShapeOf = {
  adminConsentDescription: 'string',
  adminConsentDisplayName: 'string',
  id: 'guid',
  isEnabled: 'boolean',
  origin: 'string',
  type: 'string',
  userConsentDescription: 'string',
  userConsentDisplayName: 'string',
  value: 'string',
};
const appRole: ShapeOf = {
  allowedMemberTypes: ['string'],
  description: 'string',
  displayName: 'string',
  id: 'guid',
  isEnabled: 'boolean',
  origin: 'string',
  value: 'string',
};
const info: ShapeOf = {
  logoUrl: 'string',
  marketingUrl: 'string',
  privacyStatementUrl: 'string',
  supportUrl: 'string',
  termsOfServiceUrl: 'string',
};

export const passwordCredentialShape: ShapeOf = {
  customKeyIdentifier: 'string',
  displayName: 'string',
  endDateTime: 'time',
  hint: 'string',
  keyId: 'guid',
  secretText: 'string',
  startDateTime: 'time',
};

export const federatedCredentialShape: ShapeOf = {
  name: 'string',
  issuer: 'string',
  subject: 'string',
  audiences: ['string'],
  description: 'string',
};

/** Properties a client may write; anything else is refused with 400. */
export const writable = {
  group: {
    classification: 'string',
    description: 'string',
    displayName: 'string',
    groupTypes: ['string'],
    isAssignableToRole: 'boolean',
    mailEnabled: 'boolean',
    mailNickname: 'string',
    membershipRule: 'string',
    membershipRuleProcessingState: 'string',
    preferredDataLocation: 'string',
    preferredLanguage: 'string',
    securityEnabled: 'boolean',
    theme: 'string',
    uniqueName: 'string',
    visibility: 'string',
    'members@odata.bind': ['string'],
    'owners@odata.bind': ['string'],
  },
  application: {
    api: {
      acceptMappedClaims: 'boolean',
      knownClientApplications: ['guid'],
      oauth2PermissionScopes: [permissionScope],
      preAuthorizedApplications: [{ appId: 'string', delegatedPermissionIds: ['string'] }],
      requestedAccessTokenVersion: 'integer',
    },
    appRoles: [appRole],
    defaultRedirectUri: 'string',
    description: 'string',
    displayName: 'string',
    groupMembershipClaims: 'string',
    identifierUris: ['string'],
    info,
    isDeviceOnlyAuthSupported: 'boolean',
    isFallbackPublicClient: 'boolean',
    keyCredentials: ['any'],
    notes: 'string',
    optionalClaims: { idToken: [optionalClaim], accessToken: [optionalClaim], saml2Token: [optionalClaim] },
    publicClient: { redirectUris: ['string'] },
    requiredResourceAccess: [{ resourceAppId: 'string', resourceAccess: [resourceAccess] }],
    samlMetadataUrl: 'string',
    serviceManagementReference: 'string',
    signInAudience: 'string',
    spa: { redirectUris: ['string'] },
    tags: ['string'],
    tokenEncryptionKeyId: 'guid',
    uniqueName: 'string',
    web: {
      homePageUrl: 'string',
      implicitGrantSettings: { enableIdTokenIssuance: 'boolean', enableAccessTokenIssuance: 'boolean' },
      logoutUrl: 'string',
      redirectUris: ['string'],
      redirectUriSettings: [{ index: 'integer', uri: 'string' }],
    },
  },
  servicePrincipal: {
    accountEnabled: 'boolean',
    alternativeNames: ['string'],
    appId: 'string',
    appRoleAssignmentRequired: 'boolean',
    description: 'string',
    displayName: 'string',
    homepage: 'string',
    loginUrl: 'string',
    logoutUrl: 'string',
    notes: 'string',
    notificationEmailAddresses: ['string'],
    preferredSingleSignOnMode: 'string',
    replyUrls: ['string'],
    servicePrincipalNames: ['string'],
    tags: ['string'],
  },
} as const satisfies Record<string, ShapeOf>;
