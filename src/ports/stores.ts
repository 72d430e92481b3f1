import type { BreakGlassRecord } from '../domain/access/break-glass.ts';
import type { Grant } from '../domain/access/grant.ts';
import type { AnchorOf } from '../domain/audit/anchor.ts';
import type { AuditEntry, AuditEvent, ChainCheck } from '../domain/audit/audit.ts';
import type { Journal, StepRecord } from '../domain/requests/journal.ts';
import type { Request, RequestKind, RequestState } from '../domain/requests/request.ts';
import type { CredentialEnds } from '../domain/secrets/credential-ends.ts';
import type { Digest } from '../domain/secrets/expiry-digest.ts';
import type { Reminder } from '../domain/secrets/reminder.ts';
import type { SignInFailures } from '../domain/status/sign-in-log.ts';
// What the core keeps.

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
  /**
   * Stores a new request together with its audit event and, if it takes break-glass, with the records of that; raises
   * `request.exists`, also where one of the records is another one by now.
   */
  create(request: Request, event: AuditEvent, taking?: readonly BreakGlassTaking[]): Promise<void>;
  find(id: string): Promise<Request | undefined>;
  /** Newest first. */
  list(filter: RequestFilter): Promise<Request[]>;
  /** How many requests were made since then for access of this person, by Slack user id. */
  countAccessFor(person: string, since: Date): Promise<number>;
  /** Every request that was stored or changed since then, the oldest change first; older changes are forgotten. */
  changedSince(since: Date): Promise<Request[]>;
  /** Compare-and-set on `version`: `next.version` is `expectedVersion + 1`; the audit event is written in the same transaction. */
  replace(next: Request, expectedVersion: number, event: AuditEvent): Promise<Replacement>;
}

/** What is kept of requests that are over. */
export interface History {
  /** Requests that were made before then, the oldest first; undefined stands for one that cannot be read. */
  oldest(
    kind: RequestKind,
    before: Date,
    page: { readonly offset: number; readonly limit: number },
  ): Promise<(Request | undefined)[]>;
  /**
   * Removes a request with its grant, journal, cards and every place in an index, all or nothing. The audit log stays.
   * @returns false where the request or its grant is another one by now: then nothing was removed
   */
  forget(request: Request, grant: Grant | undefined): Promise<boolean>;
}

/** What a new request changes of its person's break-glass, by one of their accounts. */
export interface BreakGlassTaking {
  /** Slack user id, or object ID of an Entra account. */
  readonly person: string;
  /** Its version is one above that of the stored record. */
  readonly next: BreakGlassRecord;
}

/** What is remembered of each person's break-glass, by Slack user id; what they took also by object ID in Entra. */
export interface BreakGlassStore {
  find(person: string): Promise<BreakGlassRecord | undefined>;
  /** Compare-and-set on `version`, 0 where there was none; the audit event is written in the same transaction. */
  replace(
    person: string,
    next: BreakGlassRecord,
    expectedVersion: number,
    event: AuditEvent,
  ): Promise<Replacement>;
}

export interface GrantStore {
  /** Stores a new grant together with its audit event; raises `grant.exists`. */
  create(grant: Grant, event: AuditEvent): Promise<void>;
  find(id: string): Promise<Grant | undefined>;
  /** Every grant whose membership is, or may be, in Entra; what ends first comes first. */
  live(filter?: { readonly endsBefore?: Date }): Promise<Grant[]>;
  /** The live grants of one person; what ends first comes first. */
  liveOfPerson(slackUserId: string): Promise<Grant[]>;
  /** The live grants of one membership, by object IDs; what ends first comes first. */
  liveOfMembership(groupId: string, personId: string): Promise<Grant[]>;
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

/** Which entries are wanted: of these requests, this cluster or this person, one of them at least. */
export interface AuditFilter {
  readonly requestIds?: ReadonlySet<string>;
  readonly exceptRequestIds?: ReadonlySet<string>;
  readonly cluster?: string;
  /** Slack user id of who did it, or whom it was done for. */
  readonly person?: string;
  /** ISO time: nothing older. */
  readonly since?: string;
  readonly limit: number;
}

export interface AuditLog {
  /** The key that this process writes with; absent: none. */
  readonly keyId?: string;
  append(event: AuditEvent): Promise<AuditEntry>;
  /** The newest entries, newest first. */
  latest(limit: number): Promise<AuditEntry[]>;
  /** The newest entries that are wanted, newest first; reads these and few others, however long the log is. */
  read(filter: AuditFilter): Promise<AuditEntry[]>;
  /** Makes so many entries of an earlier version, the oldest first, fast to `read`; safe in several processes at once. */
  index(limit: number): Promise<void>;
  /** The oldest entries after this sequence, the oldest first. */
  after(sequence: number, limit: number): Promise<AuditEntry[]>;
  /** The entry with this sequence. */
  find(sequence: number): Promise<AuditEntry | undefined>;
  /** @param anchors what the log has to agree with; none if left out */
  verify(anchors?: readonly AnchorOf[]): Promise<ChainCheck>;
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
