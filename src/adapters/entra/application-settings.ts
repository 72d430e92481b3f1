import type { Application, OptionalClaim, OptionalClaims } from '@microsoft/microsoft-graph-types';
import type { ApplicationSettings, ObservedApplication } from '../../domain/setup/setup.ts';
import { settingDifferences } from '../../domain/setup/setup-plan.ts';
import { readEach, required, requireId } from './answers.ts';

/** What is read of an app registration: enough to show it, and to change it without losing what others set. */
export const APPLICATION_SELECT =
  'id,appId,displayName,web,spa,publicClient,isFallbackPublicClient,signInAudience,groupMembershipClaims,optionalClaims,passwordCredentials';

/** The first version of an app registration that Kastellan makes. */
export function newApplication(settings: ApplicationSettings): Application {
  return {
    notes: 'Made by Kastellan: sign-in to Kasten K10. Changes to it show up as drift.',
    ...mergedApplication({}, settings),
  };
}

/**
 * What has to be sent so that the registration gets these settings. Graph replaces collections as a whole, so what
 * others put into them is sent along.
 */
export function mergedApplication(current: Application, settings: ApplicationSettings): Application {
  const { homePageUrl, logoutUrl } = current.web ?? {};
  return {
    displayName: settings.displayName,
    web: {
      ...(homePageUrl == null ? {} : { homePageUrl }),
      ...(logoutUrl == null ? {} : { logoutUrl }),
      redirectUris: [...settings.redirectUris],
      implicitGrantSettings: {
        enableAccessTokenIssuance: settings.accessTokens,
        enableIdTokenIssuance: settings.idTokens,
      },
    },
    ...otherPlatforms(current, settings),
    ...(current.signInAudience === settings.audience ? {} : { signInAudience: settings.audience }),
    groupMembershipClaims: settings.groupClaims,
    optionalClaims: mergedClaims(current.optionalClaims ?? {}, settings),
  };
}

// One address belongs to one platform, so what moves is taken out here in the request that puts it in there.
function otherPlatforms(current: Application, settings: ApplicationSettings): Application {
  const before = platformsOf(current);
  return {
    ...(sameList(before.spaRedirectUris, settings.spaRedirectUris)
      ? {}
      : { spa: { redirectUris: [...settings.spaRedirectUris] } }),
    ...(sameList(before.publicRedirectUris, settings.publicRedirectUris)
      ? {}
      : { publicClient: { redirectUris: [...settings.publicRedirectUris] } }),
    ...(before.publicClient === settings.publicClient
      ? {}
      : { isFallbackPublicClient: settings.publicClient }),
  };
}

function platformsOf({
  spa,
  publicClient,
  isFallbackPublicClient,
}: Application): Pick<ApplicationSettings, 'spaRedirectUris' | 'publicRedirectUris' | 'publicClient'> {
  return {
    spaRedirectUris: spa?.redirectUris ?? [],
    publicRedirectUris: publicClient?.redirectUris ?? [],
    publicClient: isFallbackPublicClient === true,
  };
}

function mergedClaims(
  current: OptionalClaims,
  { groupsInIdToken, groupOptions }: ApplicationSettings,
): OptionalClaims {
  const idToken = (current.idToken ?? []).filter((claim) => groupsInIdToken || claim.name !== 'groups');
  const wanted = groupsInIdToken ? [...idToken, ...missingClaims(idToken, ['groups', 'email'])] : idToken;
  return {
    idToken: wanted.map((claim) =>
      claim.name === 'groups' ? { ...claim, additionalProperties: [...groupOptions] } : claim,
    ),
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
  const groups = (application.optionalClaims?.idToken ?? []).filter(({ name }) => name === 'groups');
  const implicit = application.web?.implicitGrantSettings;
  return {
    objectId: requireId(application),
    clientId: required(application.appId, 'appId'),
    settings: {
      displayName: application.displayName ?? '',
      redirectUris: application.web?.redirectUris ?? [],
      ...platformsOf(application),
      idTokens: implicit?.enableIdTokenIssuance === true,
      accessTokens: implicit?.enableAccessTokenIssuance === true,
      groupClaims: application.groupMembershipClaims ?? null,
      groupsInIdToken: groups.length > 0,
      groupOptions: groups.flatMap(({ additionalProperties }) => additionalProperties ?? []),
      audience: application.signInAudience ?? null,
    },
    secrets: readEach(application.passwordCredentials ?? [], (secret) => ({
      keyId: required(secret.keyId, 'keyId'),
      displayName: secret.displayName ?? null,
      hint: secret.hint ?? null,
      endsAt: required(secret.endDateTime, 'endDateTime'),
    })),
  };
}

/** Whether two registrations differ in nothing that Kastellan decides; the order of lists means nothing. */
export function sameSettings(one: ApplicationSettings, other: ApplicationSettings): boolean {
  return settingDifferences(one, other).length === 0;
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join('\n') === other.toSorted().join('\n');
}
