import type { JsonObject } from '../json.ts';
import type { EntraAccount } from '../person.ts';
import type { GroupUse } from './group-use.ts';
import type { K10Role, RoleName } from './naming.ts';
import type { ObservedRoleGrants } from './role-grants.ts';

/** `SecurityGroup`: every security group of the person; `ApplicationGroup`: only those assigned to the application. */
export type GroupClaims = 'SecurityGroup' | 'ApplicationGroup';

export interface SignInSettings {
  readonly groupPrefix: string;
  readonly usernamePrefix: string;
  readonly usernameClaim: string;
  readonly groupClaim: string;
  readonly prompt: string;
  readonly scopes: string;
  readonly groupClaims: GroupClaims;
}

export type GroupChoice = { readonly newName: string } | { readonly existingId: string };

export interface LevelSpec {
  /** The access level's name in the configuration: `admin`. */
  readonly level: string;
  readonly roles: readonly K10Role[];
  readonly group: GroupChoice;
  /** Slack user ids of the first members. */
  readonly members: readonly string[];
}

/** What the asker wants, as the form gave it; nothing in it was looked up. */
export interface SetupSpec {
  readonly origin: string;
  readonly release: string;
  /** Where K10 is served at another path than the release's name; without slashes at its ends. */
  readonly path?: string;
  readonly namespace: string;
  readonly applicationName: string;
  readonly levels: readonly LevelSpec[];
  /** How long a new client secret lives, in days. */
  readonly secretLifetimeDays: number;
  readonly signIn: SignInSettings;
  /** `<login host>/<tenant>/v2.0`. */
  readonly providerUrl: string;
}

/** What is wanted of one cluster. */
export interface ClusterSetup {
  /** The cluster's name in the configuration. */
  readonly cluster: string;
  readonly spec: SetupSpec;
}

export interface ObservedMember {
  readonly slackUserId: string;
  readonly objectId: string;
  readonly name: string;
  readonly present: boolean;
}

export interface ObservedBinding {
  readonly role: RoleName;
  /** The binding that already gives the group this role, whoever made it. */
  readonly existing: string | undefined;
  /** Kastellan's own ClusterRoleBinding for a role that belongs into one namespace; the new binding replaces it. */
  readonly tooWide?: string;
}

export interface ObservedGroup {
  readonly objectId: string;
  readonly displayName: string;
  readonly members: readonly EntraAccount[];
  /**
   * Who of them gets in for good by being in it now: it was chosen, and nothing lets it in here yet, or who belongs to it is
   * not known.
   */
  readonly adopted: readonly EntraAccount[];
  /** The groups inside it whose people get in for good with those; absent if it was not looked for them. */
  readonly nested?: readonly NestedGroup[];
  /** Of a group that was chosen. */
  readonly review?: GroupReview;
  /** Where else it lets people in who are put into it for a time. */
  readonly sharedWith: readonly GroupUse[];
  /** Absent where Entra does not tell. */
  readonly unusual?: UnusualMembers;
}

/** A group inside another one. */
export interface NestedGroup extends EntraAccount {
  /** All people in it, including those in groups inside it. */
  readonly people: readonly EntraAccount[];
}

/** What approvers have to know of a group that was there before, because others may use it and change it. */
export interface GroupReview {
  readonly owners: readonly EntraAccount[];
  readonly roleAssignable: boolean;
  /** Names of the Conditional Access policies that name it; undefined where Kastellan may not read them. */
  readonly policies: readonly string[] | undefined;
  /** Other enterprise applications it is assigned to; undefined where Kastellan may not read them. */
  readonly applications: readonly EntraAccount[] | undefined;
  /** Undefined where Kastellan may not read what it is in. */
  readonly memberOf: MemberOf | undefined;
}

/** What a group is in, by way of other groups, too. Of what Kastellan may not read, the name is the object ID. */
export interface MemberOf {
  /** Those that are active in the whole tenant: no other is in this list of Graph's. */
  readonly directoryRoles: readonly EntraAccount[];
  readonly administrativeUnits: readonly EntraAccount[];
  readonly groups: readonly EntraAccount[];
}

export interface ObservedLevel {
  readonly group: ObservedGroup | undefined;
  readonly members: readonly ObservedMember[];
  readonly bindings: readonly ObservedBinding[];
  /** Whether the group is assigned to the application; looked at where only those who are assigned get in. */
  readonly assigned: boolean;
}

export interface ObservedApplication {
  readonly objectId: string;
  readonly clientId: string;
  readonly settings: ApplicationSettings;
  readonly secrets: readonly ObservedSecret[];
}

/** The part of an app registration that Kastellan decides. */
export interface ApplicationSettings {
  readonly displayName: string;
  /** Of the platform "Web", the only one whose codes K10 can redeem. */
  readonly redirectUris: readonly string[];
  /** Of the platform "Single-page application". */
  readonly spaRedirectUris: readonly string[];
  /** Of the platform "Mobile and desktop applications". */
  readonly publicRedirectUris: readonly string[];
  readonly idTokens: boolean;
  /** Whether access tokens are handed out without a code (implicit flow). */
  readonly accessTokens: boolean;
  readonly groupClaims: string | null;
  /** Whether `groups` is among the ID token's optional claims. */
  readonly groupsInIdToken: boolean;
  /** Options of that claim, such as `emit_as_roles`: with any of them Entra sends something else than object IDs. */
  readonly groupOptions: readonly string[];
  /** `signInAudience`: `AzureADMyOrg` for accounts of this tenant only. */
  readonly audience: string | null;
  /** Whether the app may get tokens without its secret (`isFallbackPublicClient`). */
  readonly publicClient: boolean;
}

/** The enterprise application: what Entra asks before it lets people sign in. Undefined: Entra did not tell. */
export interface ObservedServicePrincipal {
  readonly objectId: string;
  readonly enabled: boolean | undefined;
  /** `appRoleAssignmentRequired`: people who are not assigned get AADSTS50105. */
  readonly assignmentRequired: boolean | undefined;
}

export interface ObservedSecret {
  readonly keyId: string;
  readonly displayName: string | null;
  /** The first three characters, as Entra shows them. */
  readonly hint: string | null;
  /** ISO time. */
  readonly endsAt: string;
}

/** The Kubernetes Secret with the client's credentials, without its secret value. */
export interface ObservedCredential {
  readonly clientId: string;
  readonly keyId: string | undefined;
  readonly hasSecret: boolean;
}

export type ReleaseManager = 'operator' | 'argo-cd' | 'flux';

export interface ObservedRelease {
  readonly chart: string;
  readonly chartVersion: string;
  readonly revision: number;
  readonly status: string;
  /** The user's values, secrets included: never stored, never shown. */
  readonly values: JsonObject;
  /** Which `auth.*` modes this chart knows besides OIDC. */
  readonly otherAuthModes: readonly string[];
  /** Whether this chart takes the secret by reference (`clientSecretName`). */
  readonly knowsSecretReference: boolean;
  /** Without reference mode: whether the values hold the secret that the Kubernetes Secret holds. */
  readonly inlineSecretCurrent: boolean;
  readonly managedBy: { readonly by: ReleaseManager; readonly name: string } | undefined;
}

/** What stands in the way of carrying a set-up out; nothing may be changed while there is one. */
export interface Obstacle {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** What goes with the hint and is too long for it: text to copy, such as objects for `kubectl apply`. */
  readonly details?: string;
}

/** What else in Entra decides who gets in; undefined wherever Entra does not tell. */
export interface EntraSurroundings {
  /** Whether Kastellan's identity holds the permissions to assign groups. */
  readonly mayAssign: boolean;
  /** Certificates of the application: Kastellan makes none. */
  readonly certificates: readonly { readonly keyId: string; readonly name: string | null }[] | undefined;
  readonly consent: ObservedConsent;
}

export interface ObservedConsent {
  /** Whether people may consent for themselves: `limited` where a policy of the tenant's own decides. */
  readonly byPeople: 'allowed' | 'limited' | 'off' | undefined;
  /** The scopes that an administrator consented to for everybody. */
  readonly forAllUsers: readonly string[] | undefined;
}

/** Members of a group who are no plain accounts of this tenant; names. */
export interface UnusualMembers {
  readonly groups: readonly string[];
  readonly disabled: readonly string[];
  readonly guests: readonly string[];
}

export interface ObservedSetup {
  readonly obstacles: readonly Obstacle[];
  /** What people must read before they decide; becomes the first lines of the plan's card. */
  readonly warnings: readonly string[];
  readonly levels: Readonly<Record<string, ObservedLevel>>;
  readonly application: ObservedApplication | undefined;
  readonly servicePrincipal: ObservedServicePrincipal | undefined;
  /** What else in Entra decides who gets in. */
  readonly surroundings: EntraSurroundings;
  readonly credential: ObservedCredential | undefined;
  readonly release: ObservedRelease;
  /** Who holds which roles in the cluster, whoever bound them. */
  readonly roleGrants: ObservedRoleGrants;
  /** K10's Deployments by name, which an upgrade restarts. */
  readonly deployments: readonly string[];
  readonly runningActions: number;
  readonly secretPolicy: { readonly maxLifetimeDays: number | undefined };
}
