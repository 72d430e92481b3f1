import type { GroupUse } from './group-use.ts';
import type { JsonObject } from './json.ts';
import type { K10Role, RoleName } from './naming.ts';

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
}

export interface ObservedGroup {
  readonly objectId: string;
  readonly displayName: string;
  readonly memberCount: number;
  /** How many of them come to belong to it for good by being in it now: it was chosen, and nobody has noted who does. */
  readonly adopted: number;
  /** Where else it lets people in who are put into it for a time. */
  readonly sharedWith: readonly GroupUse[];
}

export interface ObservedLevel {
  readonly group: ObservedGroup | undefined;
  readonly members: readonly ObservedMember[];
  readonly bindings: readonly ObservedBinding[];
  /** Whether the group is assigned to the application; matters for `ApplicationGroup` only. */
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
  readonly redirectUris: readonly string[];
  readonly idTokens: boolean;
  readonly groupClaims: string | null;
  /** Whether `groups` is among the ID token's optional claims. */
  readonly groupsInIdToken: boolean;
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

export type ReleaseKeeper = 'operator' | 'argo-cd' | 'flux';

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
  readonly keeper: { readonly by: ReleaseKeeper; readonly name: string } | undefined;
}

/** What stands in the way of carrying a set-up out; nothing may be changed while there is one. */
export interface Obstacle {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export interface ObservedSetup {
  readonly obstacles: readonly Obstacle[];
  /** What people must read before they decide; becomes the first lines of the plan's card. */
  readonly warnings: readonly string[];
  readonly levels: Readonly<Record<string, ObservedLevel>>;
  readonly application: ObservedApplication | undefined;
  readonly servicePrincipal: { readonly objectId: string } | undefined;
  readonly credential: ObservedCredential | undefined;
  readonly release: ObservedRelease;
  /** K10's Deployments by name, which an upgrade restarts. */
  readonly deployments: readonly string[];
  readonly runningActions: number;
  readonly secretPolicy: { readonly maxLifetimeDays: number | undefined };
}
