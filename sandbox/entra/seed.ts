import type { JSONWebKeySet } from 'jose';

/** A person of the tenant, with what they type to sign in. */
export interface SeedPerson {
  id?: string;
  displayName: string;
  userPrincipalName: string;
  mail?: string | null;
  otherMails?: string[];
  proxyAddresses?: string[];
  accountEnabled?: boolean;
  userType?: 'Member' | 'Guest';
  password: string;
  /** Six digits. The sign-in page shows them, as a stand-in for an authenticator app. */
  mfaCode: string;
}

/** A client secret that exists from the start. */
interface SeedSecret {
  text: string;
  displayName?: string;
  /** ISO 8601; now, and two years from now, if missing. */
  startDateTime?: string;
  endDateTime?: string;
}

/** An application with its service principal, such as the one Kastellan itself runs as. */
export interface SeedApplication {
  id?: string;
  clientId: string;
  displayName: string;
  secrets?: SeedSecret[];
  /** PEM certificates whose keys may sign client assertions. */
  certificates?: string[];
  federatedCredentials?: { name: string; issuer: string; subject: string; audiences: string[] }[];
  /** Names of Graph application permissions with consent, e.g. `Group.Create`. */
  permissions?: string[];
  /** More properties of the application object, in Graph's words. */
  properties?: Record<string, unknown>;
  /** Made without a service principal if false. */
  servicePrincipal?: boolean;
  /** Object IDs or user principal names. */
  owners?: string[];
}

/** A group that exists from the start; members by object ID or user principal name. */
export interface SeedGroup {
  id?: string;
  displayName: string;
  uniqueName?: string;
  members?: string[];
  /** Object IDs, or client IDs of seeded applications (their service principal becomes the owner). */
  owners?: string[];
  properties?: Record<string, unknown>;
  /** Names of the directory roles it has, which takes `isAssignableToRole`. */
  directoryRoles?: string[];
  administrativeUnits?: string[];
}

/** How the tenant looks when the sandbox starts. */
export interface EntraSeed {
  people?: SeedPerson[];
  applications?: SeedApplication[];
  groups?: SeedGroup[];
  /** Public keys of issuers whose assertions federated credentials may name. */
  trustedIssuers?: { issuer: string; jwks: JSONWebKeySet }[];
  conditionalAccessPolicies?: Record<string, unknown>[];
  securityDefaultsEnabled?: boolean;
}
