import type { ApplicationSettings } from '../../src/domain/setup/setup.ts';

/** An app registration as set-up makes it. */
export function applicationSettings(changed: Partial<ApplicationSettings> = {}): ApplicationSettings {
  return {
    displayName: 'kasten-service',
    redirectUris: ['https://k10.example.com/k10/auth-svc/v0/oidc/redirect'],
    spaRedirectUris: [],
    publicRedirectUris: [],
    idTokens: true,
    accessTokens: false,
    groupClaims: 'SecurityGroup',
    groupsInIdToken: true,
    groupOptions: [],
    audience: 'AzureADMyOrg',
    publicClient: false,
    ...changed,
  };
}
