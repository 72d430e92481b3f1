import type { Application, OptionalClaim, OptionalClaims } from '@microsoft/microsoft-graph-types';
import type { ApplicationSettings, ObservedApplication } from '../../domain/setup.ts';
import { readEach, required, requireId } from './answers.ts';

/** What is read of an app registration: enough to show it, and to change it without losing what others set. */
export const APPLICATION_SELECT =
  'id,appId,displayName,web,groupMembershipClaims,optionalClaims,passwordCredentials';

/** The first version of an app registration that Kastellan makes. */
export function newApplication(settings: ApplicationSettings): Application {
  return {
    signInAudience: 'AzureADMyOrg',
    notes: 'Made by Kastellan: sign-in to Kasten K10. Changes to it show up as drift.',
    ...mergedApplication({}, settings),
  };
}

/**
 * What has to be sent so that the registration gets these settings. Graph replaces collections as a whole, so what
 * others put into them is sent along.
 */
export function mergedApplication(current: Application, settings: ApplicationSettings): Application {
  const { homePageUrl, logoutUrl, implicitGrantSettings } = current.web ?? {};
  return {
    displayName: settings.displayName,
    web: {
      ...(homePageUrl == null ? {} : { homePageUrl }),
      ...(logoutUrl == null ? {} : { logoutUrl }),
      redirectUris: [...settings.redirectUris],
      implicitGrantSettings: {
        enableAccessTokenIssuance: implicitGrantSettings?.enableAccessTokenIssuance ?? false,
        enableIdTokenIssuance: settings.idTokens,
      },
    },
    groupMembershipClaims: settings.groupClaims,
    optionalClaims: mergedClaims(current.optionalClaims ?? {}, settings.groupsInIdToken),
  };
}

function mergedClaims(current: OptionalClaims, groups: boolean): OptionalClaims {
  const idToken = current.idToken ?? [];
  return {
    idToken: groups
      ? [...idToken, ...missingClaims(idToken, ['groups', 'email'])]
      : idToken.filter((claim) => claim.name !== 'groups'),
    accessToken: current.accessToken ?? [],
    saml2Token: current.saml2Token ?? [],
  };
}

function missingClaims(present: readonly OptionalClaim[], names: readonly string[]): OptionalClaim[] {
  return names
    .filter((name) => !present.some((claim) => claim.name === name))
    .map((name) => ({ name, source: null, essential: false, additionalProperties: [] }));
}

/** The registration as the planner compares it. */
export function observedApplication(application: Application): ObservedApplication {
  return {
    objectId: requireId(application),
    clientId: required(application.appId, 'appId'),
    settings: {
      displayName: application.displayName ?? '',
      redirectUris: application.web?.redirectUris ?? [],
      idTokens: application.web?.implicitGrantSettings?.enableIdTokenIssuance === true,
      groupClaims: application.groupMembershipClaims ?? null,
      groupsInIdToken: (application.optionalClaims?.idToken ?? []).some((claim) => claim.name === 'groups'),
    },
    secrets: readEach(application.passwordCredentials ?? [], (secret) => ({
      keyId: required(secret.keyId, 'keyId'),
      displayName: secret.displayName ?? null,
      hint: secret.hint ?? null,
      endsAt: required(secret.endDateTime, 'endDateTime'),
    })),
  };
}

/** Whether two registrations differ in nothing that Kastellan decides; the order of redirect URIs means nothing. */
export function sameSettings(one: ApplicationSettings, other: ApplicationSettings): boolean {
  const normal = (settings: ApplicationSettings): string =>
    JSON.stringify([
      settings.displayName,
      [...settings.redirectUris].sort(),
      settings.idTokens,
      settings.groupClaims,
      settings.groupsInIdToken,
    ]);
  return normal(one) === normal(other);
}
