import type { MembershipChange } from '../domain/access/member-drift.ts';
import type { EntraAccount, EntraPerson } from '../domain/person.ts';
import type { Secret } from '../domain/secret.ts';
import type { ApplicationCredentials, CredentialKind } from '../domain/secrets/credentials.ts';
import type { SecretPolicy } from '../domain/secrets/secret-policy.ts';
import type {
  ApplicationSettings,
  EntraSurroundings,
  MemberOf,
  NestedGroup,
  ObservedApplication,
  ObservedConsent,
  ObservedServicePrincipal,
  UnusualMembers,
} from '../domain/setup/setup.ts';
import type { AccessPolicies } from '../domain/status/mfa.ts';
import type { SignInRecord } from '../domain/status/sign-in-log.ts';
import type { Finding } from './finding.ts';
// What the core asks of Entra.

export interface DirectoryGroup {
  readonly objectId: string;
  readonly displayName: string;
  /** Entra's alternate key, where the group has one. */
  readonly uniqueName?: string;
  readonly description?: string;
  readonly security: boolean;
  /** Membership by rule, synced from on-premises or role-assignable: Kastellan cannot or must not change its members. */
  readonly fixedBecause: string | undefined;
  /** Whether directory roles can be given to its members through it. */
  readonly roleAssignable?: boolean;
}

export interface NewSecret {
  readonly keyId: string;
  readonly hint: string | null;
  /** ISO time. */
  readonly endsAt: string;
  readonly secret: Secret;
}

/** Who answers for an application in Entra: a person, or another application. */
export interface Owner {
  readonly name: string;
  readonly email: string | undefined;
}

/** What Kastellan's own identity proves itself with, where that ends one day. */
export interface OwnCredential {
  readonly clientId: string;
  readonly kind: CredentialKind;
  /** As it stands at the credential in Entra. */
  readonly hint: string;
}

/** Entra's groups, people, applications. Writes return once the object can be read back. */
export interface Directory {
  /** @param key `uniqueName` (alternate key) or object ID */
  findGroup(
    key: { readonly uniqueName: string } | { readonly objectId: string },
  ): Promise<DirectoryGroup | undefined>;
  /** Creates the group, or gives the one with this unique name. Kastellan's identity is an owner. */
  createGroup(group: {
    uniqueName: string;
    displayName: string;
    description: string;
  }): Promise<DirectoryGroup>;
  /** A group that is gone is no error. */
  deleteGroup(objectId: string): Promise<void>;
  /** Fetches a deleted group back, with its members. @returns false where Entra does not have it any more */
  restoreGroup(objectId: string): Promise<boolean>;
  /** Object IDs of the direct members. */
  listMembers(groupId: string): Promise<string[]>;
  /** Object IDs of everybody who is in it, also by way of groups inside it. */
  listAllMembers(groupId: string): Promise<string[]>;
  /** Direct members who are no plain accounts; undefined where Entra does not tell. */
  listUnusualMembers(groupId: string): Promise<UnusualMembers | undefined>;
  /** Its direct members; those whose name Kastellan may not read have their object ID as name. */
  listMemberAccounts(groupId: string): Promise<EntraAccount[]>;
  /** The groups among its direct members, with their people; named as its members are. */
  listNestedGroups(groupId: string): Promise<NestedGroup[]>;
  /** Its owners, named as its members are. */
  listGroupOwners(groupId: string): Promise<EntraAccount[]>;
  /**
   * The directory roles, administrative units and groups that it is in.
   * @throws KastellanError `entra.permission-missing`
   */
  listMemberOf(groupId: string): Promise<MemberOf>;
  /**
   * The enterprise applications that a group is assigned to.
   * @throws KastellanError `entra.permission-missing`
   */
  listApplicationsOf(groupId: string): Promise<EntraAccount[]>;
  /** Object IDs of every security group that somebody is in, also by way of other groups. */
  listGroupsOf(personId: string): Promise<string[]>;
  /** Adds those who are missing and reads them back. */
  addMembers(groupId: string, personIds: readonly string[]): Promise<void>;
  /**
   * Removes those who are there, and reads back that they are gone.
   * @returns who was there
   */
  removeMembers(groupId: string, personIds: readonly string[]): Promise<string[]>;
  /** Accounts whose mail or user principal name is exactly this address. */
  findPeopleByEmail(email: string): Promise<EntraPerson[]>;
  findPerson(objectId: string): Promise<EntraPerson | undefined>;
  /** How people came into a group and left it, as far back as Entra remembers; newest first. */
  listMembershipChanges(groupId: string): Promise<MembershipChange[]>;

  findApplication(uniqueName: string): Promise<ObservedApplication | undefined>;
  createApplication(uniqueName: string, settings: ApplicationSettings): Promise<ObservedApplication>;
  updateApplication(objectId: string, settings: ApplicationSettings): Promise<void>;
  deleteApplication(objectId: string): Promise<void>;
  /** Fetches a deleted application back, without its enterprise application. @returns false where it is gone for good */
  restoreApplication(objectId: string): Promise<boolean>;

  findServicePrincipal(clientId: string): Promise<ObservedServicePrincipal | undefined>;
  createServicePrincipal(clientId: string): Promise<ObservedServicePrincipal>;
  /** Switches sign-in to it on or off. */
  enableServicePrincipal(objectId: string, enabled: boolean): Promise<void>;
  deleteServicePrincipal(objectId: string): Promise<void>;
  /** Fetches a deleted enterprise application back, without its assignments. @returns false where it is gone for good */
  restoreServicePrincipal(objectId: string): Promise<boolean>;
  /** Object IDs of the groups assigned to the enterprise application. */
  listAssignedGroups(servicePrincipalId: string): Promise<string[]>;
  assignGroup(servicePrincipalId: string, groupId: string): Promise<void>;
  unassignGroup(servicePrincipalId: string, groupId: string): Promise<void>;
  /** Whether Kastellan's own access token holds the permissions that assigning a group needs. */
  mayAssignGroups(): Promise<boolean>;
  /** Certificates of an application; undefined where Entra does not tell. */
  listCertificates(applicationId: string): Promise<EntraSurroundings['certificates']>;
  /**
   * Who may consent, and what an administrator consented to for everybody.
   * @param servicePrincipalId absent where there is none yet
   */
  readConsent(servicePrincipalId?: string): Promise<ObservedConsent>;

  /**
   * What the tenant allows Kastellan to do with client secrets; undefined values if it may not read that.
   * @param applicationId object ID of an application; left out for one that is yet to be made
   */
  secretPolicy(applicationId?: string): Promise<SecretPolicy>;
  /** Conditional Access policies and security defaults; raises `entra.permission-missing`. */
  readAccessPolicies(): Promise<AccessPolicies>;
  /** Interactive sign-ins at an application since then; raises `entra.licence-missing`, `entra.permission-missing`. */
  listSignIns(clientId: string, since: Date): Promise<SignInRecord[]>;
  /** @param endsAt ISO time */
  addSecret(applicationId: string, secret: { displayName: string; endsAt: string }): Promise<NewSecret>;
  /** A key that is gone is no error. */
  removeSecret(applicationId: string, keyId: string): Promise<void>;

  /** Reads what every application of the tenant proves itself with, page by page, and keeps those that are wanted. */
  findCredentials(
    wanted: (application: ApplicationCredentials) => boolean,
  ): Promise<ApplicationCredentials[]>;
  listOwners(applicationId: string): Promise<Owner[]>;
  /** Object IDs of the applications that nobody owns; what was changed a moment ago may not show yet. */
  listUnowned(): Promise<ReadonlySet<string>>;
  /** Undefined for an identity whose proof never ends: a workload identity or a managed one. */
  ownCredential(): Promise<OwnCredential | undefined>;

  /** Checks the permissions of Kastellan's own identity one by one, without changing anything. */
  check(): Promise<Finding[]>;
}
