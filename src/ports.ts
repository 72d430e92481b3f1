/**
 * What the core needs from the world, in its own words. Adapters implement these; nothing here names a vendor's type.
 * Every method may throw KastellanError; `retry` in it says whether the same call may work later.
 */

import type { Grant } from './domain/access/grant.ts';
import type { MembershipChange } from './domain/access/member-drift.ts';
import type { AuditEntry, AuditEvent, ChainCheck } from './domain/audit/audit.ts';
import type { JsonObject } from './domain/json.ts';
import type { EntraPerson, SlackPerson } from './domain/person.ts';
import type { CallOutcome, RemoteCall } from './domain/remote-call.ts';
import type { Journal, StepRecord } from './domain/requests/journal.ts';
import type { Request, RequestKind, RequestOf, RequestState } from './domain/requests/request.ts';
import type { Policy } from './domain/requests/rules.ts';
import type { Secret } from './domain/secret.ts';
import type { CredentialEnds } from './domain/secrets/credential-ends.ts';
import type { ApplicationCredentials, CredentialKind } from './domain/secrets/credentials.ts';
import type { Digest } from './domain/secrets/expiry-digest.ts';
import type { Reminder, ReminderCard } from './domain/secrets/reminder.ts';
import type { SecretPolicy } from './domain/secrets/secret-policy.ts';
import type { AuthKeys } from './domain/setup/auth-values.ts';
import type { RenderedObject } from './domain/setup/manifest.ts';
import type { MemberSession } from './domain/setup/member-session.ts';
import type { RoleName } from './domain/setup/naming.ts';
import type { LiveObjects } from './domain/setup/other-changes.ts';
import type { ObjectVerbs, RightsReview } from './domain/setup/rights-review.ts';
import type {
  ApplicationSettings,
  EntraSurroundings,
  ObservedApplication,
  ObservedConsent,
  ObservedCredential,
  ObservedServicePrincipal,
  ReleaseManager,
  UnusualMembers,
} from './domain/setup/setup.ts';
import type { AccessPolicies } from './domain/status/mfa.ts';
import type { ObservedRoleGrants } from './domain/status/role-grants.ts';
import type { SignInFailures, SignInRecord } from './domain/status/sign-in-log.ts';

// ---- Entra ------------------------------------------------------------------------------------------------------

export interface DirectoryGroup {
  readonly objectId: string;
  readonly displayName: string;
  /** Entra's alternate key, where the group has one. */
  readonly uniqueName?: string;
  readonly security: boolean;
  /** Membership by rule, synced from on-premises or role-assignable: Kastellan cannot or must not change its members. */
  readonly fixedBecause: string | undefined;
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

export interface Finding {
  /** What was looked at: `Graph permission Application.ReadWrite.OwnedBy`. */
  readonly subject: string;
  /** `optional`: it is not there, and only what somebody may do without wants it. */
  readonly verdict: 'good' | 'bad' | 'unknown' | 'optional';
  readonly detail: string;
  /** What to do; set when the verdict is not `good`. */
  readonly fix?: string;
  /** Text to copy that goes with the fix: objects for `kubectl apply`. */
  readonly details?: string;
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

/** Looks at sign-in from the outside, as K10 and a browser do. */
export interface SignIn {
  /** The `issuer` that the discovery document under this provider URL names. */
  discoverIssuer(providerUrl: string): Promise<string>;
  /** Whether the token endpoint takes this client secret now; a refusal carries Entra's code (`AADSTS7000215`). */
  tryClientSecret(
    providerUrl: string,
    clientId: string,
    secret: Secret,
  ): Promise<
    | { readonly accepted: true }
    | { readonly accepted: false; readonly code: string; readonly message: string }
  >;
  /** Where the dashboard sends a person who is not signed in. */
  dashboardRedirect(dashboardUrl: string): Promise<
    | {
        readonly redirected: true;
        readonly authorizeUrl: string;
        readonly clientId: string;
        readonly redirectUri: string;
      }
    /** `broken` where what answered is not a dashboard that works; `isK10` where it is a page that speaks of K10. */
    | {
        readonly redirected: false;
        readonly broken: boolean;
        readonly isK10: boolean;
        readonly detail: string;
      }
  >;
}

// ---- Helm -------------------------------------------------------------------------------------------------------

export interface InstalledRelease {
  readonly chart: string;
  readonly chartVersion: string;
  readonly revision: number;
  /** Helm's word: `deployed`, `failed`, `pending-upgrade`, ... */
  readonly status: string;
  /** ISO time of the last change. */
  readonly updatedAt: string;
}

/** The Helm release of one K10. */
export interface Releases {
  /** The release at a revision (default: the newest); undefined where there is none. */
  find(revision?: number): Promise<InstalledRelease | undefined>;
  /** The user's values of a revision (default: the newest), secrets included. */
  userValues(revision?: number): Promise<JsonObject>;
  /** Chart defaults and user values together. */
  allValues(): Promise<JsonObject>;
  /**
   * What the installed chart itself knows below `auth`, from the chart that Helm keeps with the release: no value that a user
   * sets or takes away changes it, and no repository is asked.
   */
  authKeys(): Promise<AuthKeys>;
  /** The objects of a revision (default: the newest) as Helm keeps them, without hooks; Secrets' values included. */
  manifest(revision?: number): Promise<RenderedObject[]>;
  /**
   * The objects that an upgrade to these values would make, without hooks; nothing is changed.
   * @param upgrade `integers`: values to send as integers, see `integersIn`
   */
  render(upgrade: {
    chartVersion: string;
    values: JsonObject;
    integers?: readonly string[];
  }): Promise<RenderedObject[]>;
  /** Raises `helm.chart-missing` or `helm.repository-unreachable` when the chart at this version cannot be had. */
  checkChart(version: string): Promise<void>;
  /** What `helm history` says of a revision; undefined where Helm has dropped it. */
  descriptionOf(revision: number): Promise<string | undefined>;
  /** Whether a revision that Helm still knows was deployed once: after a failed first install there is none. */
  wasEverDeployed(): Promise<boolean>;
  /** `helm upgrade --reset-values` at the given chart version; returns when everything is ready. */
  upgrade(upgrade: {
    chartVersion: string;
    values: JsonObject;
    /** Values to send as integers: see `integersIn`. */
    integers?: readonly string[];
    /** What `helm history` says of the new revision once it is deployed. */
    description: string;
    timeoutMs: number;
    signal: AbortSignal;
  }): Promise<{ revision: number }>;
  rollback(revision: number, timeoutMs: number): Promise<{ revision: number }>;
  /** Removes the record of a revision that a killed run left pending. */
  clearPending(revision: number): Promise<void>;
  /** What the account that Helm uses lacks for an upgrade that does this to these objects. */
  reviewRights(objects: readonly ObjectVerbs[]): Promise<RightsReview>;
  check(): Promise<Finding[]>;
}

// ---- Kubernetes -------------------------------------------------------------------------------------------------

export interface Binding {
  readonly name: string;
  readonly role: RoleName;
  /** Names of the groups it binds. */
  readonly groups: readonly string[];
  readonly managedByKastellan: boolean;
  /** It gives a role in the whole cluster that belongs into one namespace (`role.boundIn`), as Kastellan once did. */
  readonly tooWide?: true;
}

export interface DeploymentState {
  readonly name: string;
  readonly ready: boolean;
  /** `ready`, `starting`, `1 of 2 pods`, or the reason it is stuck. */
  readonly status: string;
}

/** A Deployment that mounts a Secret. */
export interface SecretReader extends DeploymentState {
  /** The mark with which `restartReaders` restarted it last. */
  readonly mark: string | undefined;
}

export interface AccessCheck {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Absent: in all namespaces. */
  readonly namespace?: string;
}

/** One Kubernetes cluster, seen from the namespace in which K10 lives. */
export interface Cluster {
  /** Raises `kubernetes.unreachable` when the API does not answer. */
  ping(): Promise<void>;
  roleExists(role: RoleName): Promise<boolean>;
  namespaceExists(name: string): Promise<boolean>;
  /**
   * Every binding of this role: ClusterRoleBindings, or RoleBindings in K10's namespace. Of a role that belongs into one
   * namespace the RoleBindings there and the ClusterRoleBindings.
   */
  listBindings(role: RoleName): Promise<Binding[]>;
  /**
   * Every ClusterRoleBinding, and every RoleBinding in K10's namespace, with the rules of its role. Rules that may not be
   * listed are missing, and `unseen` says so.
   */
  readRoleGrants(): Promise<ObservedRoleGrants>;
  /** Server-side apply, as field manager `kastellan`. Replaces Kastellan's own binding of that name that is too wide. */
  applyBinding(name: string, role: RoleName, group: string): Promise<void>;
  /** Leaves Kastellan's own binding without anybody in it, or makes it so; one of that name that is too wide goes. */
  suspendBinding(name: string, role: RoleName): Promise<void>;
  /** Deletes a binding that Kastellan made, also if it is too wide; one that is gone is no error. */
  deleteBinding(name: string, role: RoleName): Promise<void>;

  readCredential(secretName: string): Promise<ObservedCredential | undefined>;
  /** The secret value itself, for proofs and for charts without reference mode. */
  readClientSecret(secretName: string): Promise<Secret | undefined>;
  writeCredential(
    secretName: string,
    credential: { clientId: string; keyId: string; endsAt: string; secret: Secret },
  ): Promise<void>;
  /** Makes the Secret `to` hold what `from` holds; raises `kubernetes.secret-missing` where that is not there. */
  copyCredential(from: string, to: string): Promise<void>;
  deleteCredential(secretName: string): Promise<void>;

  /** K10's Deployments: those of the release's namespace and release label. */
  listDeployments(): Promise<DeploymentState[]>;
  /**
   * Restarts those Deployments that mount a Secret: pods read its new content only when they start.
   * @param mark the same mark again restarts nothing
   * @returns their names
   */
  restartReaders(secretName: string, mark: string): Promise<string[]>;
  /** The Deployments that mount a Secret. */
  listReaders(secretName: string): Promise<SecretReader[]>;
  /** Calls back at every change until the signal aborts; broken watches are opened again. */
  watchDeployments(
    onChange: (deployments: readonly DeploymentState[]) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Why a Deployment does not become ready: its events and its pods' last words, secrets cut out. */
  diagnose(deployment: string): Promise<string>;
  findReleaseManager(): Promise<{ readonly by: ReleaseManager; readonly name: string } | undefined>;
  /** How many backup, restore and export actions are under way. */
  countRunningActions(): Promise<number>;
  /** What the cluster holds of these objects, by `objectKey`; what Kastellan may not read is left out. */
  readObjects(objects: readonly RenderedObject[]): Promise<LiveObjects>;
  /** Addresses at which an Ingress or Route serves K10's gateway, with the path where it is not the release's name. */
  findDashboards(): Promise<string[]>;
  /** What K10 may do for somebody with this session, by SubjectAccessReviews: the answers in the order of the checks. */
  sessionMay(session: MemberSession, checks: readonly AccessCheck[]): Promise<boolean[]>;
  /** SubjectAccessReview as a member of the group: the answers in the order of the checks. */
  groupMay(group: string, checks: readonly AccessCheck[]): Promise<boolean[]>;
  /** What Kastellan's own account lacks of what set-up, roll back and tear-down need, Helm's part aside. */
  reviewRights(): Promise<RightsReview>;
  check(): Promise<Finding[]>;
}

/** A cluster that does not answer. ISO times. */
export interface Away {
  readonly since: string;
  /** Until then nobody asks it anything. */
  readonly againAt: string;
}

/** The systems of one configured cluster; while it is away, every call to them fails at once. */
export interface ClusterAccess {
  readonly cluster: Cluster;
  readonly releases: Releases;
  /** As this process has seen it; undefined while it answers. */
  away(): Away | undefined;
}

/** Opens a configured cluster by its name; raises `cluster.unknown`. */
export type OpenCluster = (name: string) => ClusterAccess;

// ---- Slack ------------------------------------------------------------------------------------------------------

/** Reads people; results may be up to a minute old, except `membersOf`, which is read live within Slack's limits. */
export interface People {
  find(slackUserId: string): Promise<SlackPerson | undefined>;
  /** Slack user ids of a user group, by handle or id; a group that is not there is an empty one. */
  membersOf(userGroup: string): Promise<string[]>;
  /** The active account with this e-mail address. */
  findByEmail(email: string): Promise<{ readonly id: string } | undefined>;
}

/** Everything the card of a request is drawn from. */
export interface RequestView<Kind extends RequestKind = RequestKind> {
  readonly request: { readonly [K in Kind]: RequestOf<K> }[Kind];
  readonly journal: Journal;
  /** Deployments or whatever a running step reports now, by step name. */
  readonly live: Readonly<Record<string, string>>;
  /** Who may approve, as mentions. */
  readonly approvers: { readonly userGroups: readonly string[]; readonly users: readonly string[] };
  /** What runs on this cluster before this request may. */
  readonly waitsFor?: string;
  /** What the request gave, once it is being given. */
  readonly grant?: Grant;
  /** What is known besides, where it asks for access. */
  readonly access?: AccessFacts;
  /** Of a batch: its parts that were made so far. */
  readonly parts?: readonly PartView[];
}

/** How one part of a batch is. */
export interface PartView {
  readonly request: RequestOf<'setup'>;
  /** Of a part that is under way; empty else. */
  readonly journal: Journal;
}

/** What is told to whoever decides on access, and to whoever has it. */
export interface AccessFacts {
  /** What the level lets people do, in words. */
  readonly description: string;
  /** What the person who gets it holds now, on all clusters. */
  readonly holds: readonly Grant[];
  /** How many requests were for this person in the last 30 days, this one included. */
  readonly askedLately: number;
  /** How long an open session at K10 lasts, in milliseconds; absent while K10's values are not known. */
  readonly sessionMs?: number;
}

/** Everything the card of one threshold of a reminder is drawn from. */
export interface ReminderView {
  readonly reminder: Reminder;
  readonly card: ReminderCard;
  readonly now: Date;
  /** IANA name: in whose days it is told how much time is left. */
  readonly timeZone: string;
  /** The address at which people look after the application's credentials. */
  readonly portalPage: string;
  /** Whether it can be put off any further. */
  readonly canSnooze: boolean;
}

/** What the digest of one week is drawn from. */
export interface DigestView {
  readonly digest: Digest;
}

/** The failed sign-ins of one day at one cluster. */
export interface TroubleView {
  readonly trouble: SignInFailures;
}

/** What one person can be told of directly. */
export type PersonalView = RequestView | ReminderView;
/** What a card shows. */
export type CardView = PersonalView | DigestView | TroubleView;

/** Shows cards to people. A message that cannot be sent now is sent later: the last state always gets there. */
export interface Notifier {
  /** Posts the one card there is of this, or edits it in place; frequent calls are drawn together. */
  show(view: CardView): Promise<void>;
  /** Adds to the thread under a card; a request's card has the request's id. */
  addDetail(cardId: string, text: string): Promise<void>;
  /** Direct message about what a card shows to one person; the same `topic` is sent once only. */
  tell(slackUserId: string, topic: string, view: PersonalView): Promise<void>;
  /** Permanent link to the card; undefined where there is none, or where it cannot be had now. */
  linkTo(cardId: string): Promise<string | undefined>;
  /**
   * A request's card was seen at this timestamp. It becomes the one card where none is known, as after a lost answer of
   * Slack; where another is known, it is taken away.
   */
  noticeCard(requestId: string, ts: string): Promise<void>;
  /** Ids of the cards that were to be shown, by whatever process, and are not drawn yet. */
  undrawn(): Promise<string[]>;
  /** Waits until everything that is under way was sent, or gives up after the time (milliseconds). */
  drain(timeoutMs: number): Promise<void>;
}

/** Why nothing can be posted in a channel. */
export type ClosedChannel = 'archived' | 'missing' | 'not-a-member' | 'read-only';

/** Where a card is, and what it shows. */
export interface MessageRecord {
  /** Slack channel id. */
  readonly channel: string;
  /** The card's own timestamp: Slack's id of a message. */
  readonly ts: string;
  /** Timestamp of the message under which details are posted, if it is not the card. */
  readonly threadTs?: string;
  /** The version that the card shows. */
  readonly shownVersion: number;
}

/** What the Slack messages of all processes have to agree on. All methods raise KastellanError `redis.*`. */
export interface MessageRecords {
  find(cardId: string): Promise<MessageRecord | undefined>;
  /**
   * Notes what a card shows, and gives the claim on it back; with the version that was wanted, or a newer one, it is not
   * awaited any more.
   */
  save(cardId: string, record: MessageRecord): Promise<void>;
  /** Notes that a card is to show this version, so that another process can draw it where this one dies before. */
  want(cardId: string, version: number): Promise<void>;
  /** Ids of the cards that do not show what they are to show. */
  wanted(): Promise<string[]>;
  /** Whether the caller is the one who posts or edits the card now; the claim ends by itself after these milliseconds. */
  claim(cardId: string, forMs: number): Promise<boolean>;
  /** Gives a claim back. */
  unclaim(cardId: string): Promise<void>;
  /** Whether this is the first time for this topic: only then the person is told. */
  markTold(cardId: string, topic: string): Promise<boolean>;
  /** Takes the mark back after the message could not be sent. */
  unmarkTold(cardId: string, topic: string): Promise<void>;
}

// ---- State ------------------------------------------------------------------------------------------------------

export type Replacement = 'replaced' | 'conflict';

export interface RequestFilter {
  readonly states?: readonly RequestState[];
  readonly cluster?: string;
  readonly kind?: RequestKind;
  /** Slack user id of who asked for it, or would be given it. */
  readonly person?: string;
  /** 100 unless told. */
  readonly limit?: number;
}

export interface RequestStore {
  /** Stores a new request together with its audit event. */
  create(request: Request, event: AuditEvent): Promise<void>;
  find(id: string): Promise<Request | undefined>;
  /** Newest first. */
  list(filter: RequestFilter): Promise<Request[]>;
  /** Compare-and-set on `version`: `next.version` is `expectedVersion + 1`; the audit event is written in the same transaction. */
  replace(next: Request, expectedVersion: number, event: AuditEvent): Promise<Replacement>;
}

export interface GrantStore {
  /** Stores a new grant together with its audit event; raises `grant.exists`. */
  create(grant: Grant, event: AuditEvent): Promise<void>;
  find(id: string): Promise<Grant | undefined>;
  /** Every grant whose membership is, or may be, in Entra; what ends first comes first. */
  live(filter?: { readonly endsBefore?: Date }): Promise<Grant[]>;
  /** Newest first. */
  ofPerson(slackUserId: string): Promise<Grant[]>;
  /** Every grant there ever was of one membership, by object IDs; oldest first. */
  ofMembership(groupId: string, personId: string): Promise<Grant[]>;
  /** Grants that still have to be looked at, oldest first. */
  unreviewed(): Promise<Grant[]>;
  /** Ended grants whose membership Entra may bring back with its account; what is watched longest comes last. */
  restorable(): Promise<Grant[]>;
  /** Compare-and-set, as for requests. */
  replace(next: Grant, expectedVersion: number, event: AuditEvent): Promise<Replacement>;
}

/** Which Slack person is which Entra account, where an operator said so. */
export interface PersonLinks {
  /** The account's object ID. */
  find(slackUserId: string): Promise<string | undefined>;
  /** The Slack user id to which an account was linked. */
  findSlackUser(objectId: string): Promise<string | undefined>;
  /** Links, or unlinks where there is no object ID. */
  save(slackUserId: string, objectId: string | undefined, event: AuditEvent): Promise<void>;
}

/** Who belongs to a group for good: whom set-up found in a group it adopted, or put there. By object IDs. */
export interface Rosters {
  /** Undefined where nobody remembers: then nobody in the group is accounted for by it. */
  find(groupId: string): Promise<ReadonlySet<string> | undefined>;
  /** Also begins a roster; nobody is a roster, too. */
  add(groupId: string, personIds: readonly string[], event: AuditEvent): Promise<void>;
  remove(groupId: string, personIds: readonly string[], event: AuditEvent): Promise<void>;
}

/** That an operator knows of a way to administer K10 which Kastellan did not make. */
export interface Acceptance {
  /** Slack user id. */
  readonly by: string;
  /** ISO time. */
  readonly at: string;
}

/** Which ways to administer the K10 of a cluster were accepted, by the path's id. */
export interface AcceptedAdmins {
  find(cluster: string): Promise<ReadonlyMap<string, Acceptance>>;
  /** Accepts what nobody has accepted; the audit event is written in the same transaction. */
  accept(cluster: string, pathId: string, acceptance: Acceptance, event: AuditEvent): Promise<Replacement>;
}

export interface ReminderStore {
  find(id: string): Promise<Reminder | undefined>;
  /** Those that are open, and those that were closed in the last month; in no order. */
  list(): Promise<Reminder[]>;
  /** Compare-and-set on `version`, 0 where there was none; the audit event is written in the same transaction. */
  replace(next: Reminder, expectedVersion: number, event: AuditEvent): Promise<Replacement>;
}

/** When the watched credentials end, as the newest look at Entra saw them. */
export interface CredentialEndStore {
  find(): Promise<CredentialEnds | undefined>;
  /** Keeps them, unless a look that began later has told already. */
  save(ends: CredentialEnds): Promise<void>;
}

export interface DigestStore {
  /** @param week the day on which it was due: `2026-11-23` */
  find(week: string): Promise<Digest | undefined>;
  /** Stores what was found in a week, together with its audit event; false where that was done already. */
  create(digest: Digest, event: AuditEvent): Promise<boolean>;
}

export interface JournalStore {
  read(requestId: string): Promise<Journal>;
  write(requestId: string, record: StepRecord, event?: AuditEvent): Promise<void>;
}

/** Which entries are wanted; what is not said does not matter. */
export interface AuditFilter {
  readonly requestIds?: ReadonlySet<string>;
  readonly cluster?: string;
  /** Slack user id of who did it, or whom it was done for. */
  readonly person?: string;
  /** ISO time: nothing older. */
  readonly since?: string;
  readonly limit: number;
}

export interface AuditLog {
  append(event: AuditEvent): Promise<AuditEntry>;
  /** The newest entries, newest first. */
  latest(limit: number): Promise<AuditEntry[]>;
  /** The newest entries that are wanted, newest first; reads page by page, however long the log is. */
  read(filter: AuditFilter): Promise<AuditEntry[]>;
  verify(): Promise<ChainCheck>;
}

export interface Lease {
  /** Aborts when the lease was lost: whoever holds it must stop. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

/** A lock that dies with its holder: it is renewed while held and ends by itself. */
export interface Leases {
  /** @returns undefined when somebody else holds it */
  acquire(name: string, holder: string): Promise<Lease | undefined>;
  /** Who holds it now. */
  holder(name: string): Promise<string | undefined>;
}

/** Wakes a worker for a request; carries nothing but its id. */
export interface WorkQueue {
  add(requestId: string, delayMs?: number): Promise<void>;
  /** Wakes one soon for a request that may have been forgotten; not again for those that just wait their turn. */
  remind(requestId: string): Promise<void>;
}

export interface Clock {
  now(): Date;
}

export interface Log {
  info(fields: JsonObject, message: string): void;
  warn(fields: JsonObject, message: string): void;
  /** Wakes somebody up: none is expected in a healthy Kastellan. */
  error(fields: JsonObject, message: string, cause?: unknown): void;
}

/**
 * Watches one call to a remote system and gives, or raises, what it does; one that raises counts as `unreachable`.
 * Each adapter uses it in the one place through which all its calls go.
 */
export type WatchCall = <T>(
  call: RemoteCall,
  run: () => Promise<T>,
  outcomeOf: (result: T) => CallOutcome,
) => Promise<T>;

/** Something Kastellan does that is drawn in a trace, and named in the log lines that it writes. */
export interface TracedWork {
  /** In words that fit any request: `/kasten setup`, `step credential`. Never a name, an ID or what somebody typed. */
  readonly name: string;
  readonly requestId?: string | undefined;
  readonly kind?: RequestKind;
  /** The cluster's name in the configuration. */
  readonly cluster?: string;
  /** The trace it goes on with, which began elsewhere; asked for only where somebody looks at traces. */
  readonly traceparent?: (() => Promise<string | undefined>) | undefined;
}

/** What Kastellan tells about its own work; nothing in it can fail, or change what it watches. */
export interface Telemetry {
  readonly watchCall: WatchCall;
  /** Everything that `run` does becomes part of the work; gives, or raises, what it does. */
  traced<T>(work: TracedWork, run: () => Promise<T>): Promise<T>;
  /** The work that is under way, or a trace that begins here, as W3C Trace Context writes it; undefined where nobody traces. */
  traceparent(): string | undefined;
  /** A step failed in a way that another try may mend. */
  stepRetried(step: string, code: string): void;
  /** Entra's log has a sign-in to K10 that failed; each is told once, by whichever process counted it. */
  signInFailed(cluster: string, cause: string): void;
}

/** What workers found on the clusters, so that nobody has to wait for a cluster to be asked. */
export interface Discoveries {
  /** Origins at which dashboards are served. */
  save(cluster: string, origins: readonly string[]): Promise<void>;
  find(cluster: string): Promise<string[]>;
  /** How long an open session at K10 lasts, in milliseconds. */
  saveSession(cluster: string, sessionMs: number): Promise<void>;
  findSession(cluster: string): Promise<number | undefined>;
}

/** The failed sign-ins of each day at each cluster. */
export interface SignInFailureStore {
  find(cluster: string, day: string): Promise<SignInFailures | undefined>;
  /** Compare-and-set on `version`, which is 0 where nothing is stored. @returns whether it was stored */
  replace(next: SignInFailures, expectedVersion: number): Promise<boolean>;
}

/** Everything the operations and workflows are given. */
export interface World {
  readonly rules: Policy;
  readonly directory: Directory;
  readonly signIn: SignIn;
  readonly openCluster: OpenCluster;
  readonly people: People;
  readonly notifier: Notifier;
  readonly requests: RequestStore;
  readonly grants: GrantStore;
  readonly links: PersonLinks;
  readonly rosters: Rosters;
  readonly acceptedAdmins: AcceptedAdmins;
  readonly reminders: ReminderStore;
  readonly credentialEnds: CredentialEndStore;
  readonly digests: DigestStore;
  readonly signInTroubles: SignInFailureStore;
  readonly journal: JournalStore;
  readonly audit: AuditLog;
  readonly leases: Leases;
  readonly queue: WorkQueue;
  readonly discoveries: Discoveries;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}
