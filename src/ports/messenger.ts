import type { Grant } from '../domain/access/grant.ts';
import type { EntraPerson, SlackPerson } from '../domain/person.ts';
import type { Journal } from '../domain/requests/journal.ts';
import type { RequestKind, RequestOf } from '../domain/requests/request.ts';
import type { Digest } from '../domain/secrets/expiry-digest.ts';
import type { Reminder, ReminderCard } from '../domain/secrets/reminder.ts';
import type { SignInPlace } from '../domain/setup/configured.ts';
import type { SignInFailures } from '../domain/status/sign-in-log.ts';
// What the core asks of Slack: people, cards and direct messages.

/**
 * What is read for: Slack limits how often, and what decides or ends access goes first. `list`: what shows many, or could come
 * later; it gets a part of what Slack allows only.
 */
export type ReadPriority = 'decision' | 'list';

/**
 * Reads people, for a decision unless told otherwise; results may be up to a minute old, except `membersOf`. All processes
 * together keep to Slack's limits: a read waits for its turn for some seconds.
 * @throws KastellanError `slack.*`, of which `slack.rate-limited` says when to try again
 */
export interface People {
  /** @param options `maxAgeMs`: how old what is known may be, in milliseconds; 0 asks Slack now */
  find(
    slackUserId: string,
    options?: { readonly maxAgeMs?: number; readonly priority?: ReadPriority },
  ): Promise<SlackPerson | undefined>;
  /**
   * Slack user ids of a user group, by handle or id; a group that is not there is an empty one. Read live for a decision,
   * except in a burst of them; half a minute old at most for a list.
   */
  membersOf(userGroup: string, priority?: ReadPriority): Promise<string[]>;
  /** The active account with this e-mail address. */
  findByEmail(email: string, priority?: ReadPriority): Promise<{ readonly id: string } | undefined>;
}

/** What people are called in Slack. */
export interface Names {
  /**
   * Names by Slack user id, up to a day old. Whom Slack does not know, and whom it does not tell of within seconds, is left out.
   */
  find(slackUserIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** What was read from Slack lately, for all processes; forgotten by itself. */
export interface SlackReads {
  /** Names by Slack user id; undefined: Slack did not tell it. Whose name was not read is left out. */
  names(slackUserIds: readonly string[]): Promise<ReadonlyMap<string, string | undefined>>;
  /** @param keepMs milliseconds */
  saveName(slackUserId: string, name: string | undefined, keepMs: number): Promise<void>;
  /** Who was in a user group, and milliseconds since it was read. */
  members(
    userGroup: string,
  ): Promise<{ readonly members: readonly string[]; readonly ageMs: number } | undefined>;
  saveMembers(userGroup: string, members: readonly string[]): Promise<void>;
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
  /** How people sign in to what it is about; absent for a batch, a tear-down, and access that was not given. */
  readonly signIn?: SignInPlace;
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
  readonly recentRequests: number;
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
export interface SignInFailuresView {
  readonly failures: SignInFailures;
}

/** That an operator linked a person to an Entra account, or took the link back. */
export interface LinkView {
  readonly link: {
    readonly slackUserId: string;
    /** Slack user id of the operator. */
    readonly by: string;
    /** ISO time. */
    readonly at: string;
    /** Absent where the link was taken back. */
    readonly account?: Pick<EntraPerson, 'objectId' | 'name' | 'userPrincipalName'>;
  };
}

/** That a button was pressed which Kastellan did not draw and which is about no request. */
export interface ForgeryView {
  readonly forgery: {
    /** The button's action: `reminder.snooze`. */
    readonly action: string;
    /** Slack user id of the person who pressed it. */
    readonly actor: string;
    /** ISO time. */
    readonly at: string;
  };
}

/** That the audit log does not agree with an anchor, or is not anchored. */
export interface AnchorProblemView {
  readonly anchorProblem: {
    /** As people call it: `file /var/lib/kastellan/anchors`. */
    readonly place: string;
    readonly problem:
      | {
          readonly kind: 'mismatch';
          /** Of the entry that is not the one that was anchored. */
          readonly sequence: number;
          /** ISO time at which that one was anchored. */
          readonly anchoredAt: string;
        }
      | {
          readonly kind: 'unwritten';
          /** ISO time of the first try that failed. */
          readonly since: string;
          /** Plain sentences: why, and what helps. */
          readonly because: string;
        };
  };
}

/** That the memory of the store is short, in bytes. */
export interface MemoryView {
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
}

/** What one person can be told of directly. */
export type PersonalView =
  | RequestView
  | ReminderView
  | LinkView
  | ForgeryView
  | AnchorProblemView
  | MemoryView;

/** What a card shows. */
export type CardView = RequestView | ReminderView | DigestView | SignInFailuresView;

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
   * Why a button that was pressed on this message may not act on the request; undefined if the message is the request's
   * card as Kastellan drew it. A card whose posting Slack never confirmed is taken for the one if none is known; if another
   * is known, it is deleted.
   */
  checkCard(requestId: string, pressed: PressedMessage): Promise<CardDoubt | undefined>;
  /** Ids of the cards that were to be shown, by whatever process, and are not drawn yet. */
  undrawn(): Promise<string[]>;
  /** Awaits a card no longer that cannot be drawn, because what it shows is gone. */
  forget(cardId: string): Promise<void>;
  /** What was to be told of requests, by whatever process, that Slack has not taken and that is not being sent now. */
  untold(): Promise<Notice[]>;
  /** Awaits a message no longer that is not worth telling any more. */
  forgetNotice(notice: Notice): Promise<void>;
  /** Waits until everything that is under way was sent, or gives up after the time (milliseconds). */
  drain(timeoutMs: number): Promise<void>;
}

/** A direct message: what it is about, who gets it, and the topic of which they hear once. */
export interface Notice {
  readonly cardId: string;
  /** Slack user id. */
  readonly to: string;
  readonly topic: string;
}

/** The message on which a button was pressed, as Slack describes it. */
export interface PressedMessage {
  /** Slack channel id. */
  readonly channel: string;
  readonly ts: string;
  /** What the button carries as the seal of its card. */
  readonly seal?: string | undefined;
  /** The whole message as Slack delivered it. */
  readonly content: unknown;
}

/**
 * Why a message is not the card of a request: `outdated`, an earlier version drew it; `second-copy`, it was posted twice
 * because an answer of Slack was lost; else only a person who holds the bot token can have made it: `wrong-seal`,
 * `another-message`, `another-text`.
 */
export type CardDoubt = 'outdated' | 'second-copy' | 'wrong-seal' | 'another-message' | 'another-text';

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
  /** The seal that the card's buttons carry; absent if an earlier version drew it. */
  readonly seal?: string;
}

/** What tells a card from a message that another holder of the bot token makes. */
export interface CardSeal {
  /** Random; recorded before anything that carries it is sent, and carried by the card's buttons. */
  readonly seal: string;
  /** How many posts of the card Slack has not confirmed. */
  readonly unconfirmedPosts: number;
  /** Fingerprints of the latest contents, as Slack returned them; undefined while the content is not known. */
  readonly contents: readonly string[] | undefined;
}

/** What is sent to Slack: a new message, or an edit of the one there is. */
export type Sending = 'post' | 'edit';

/**
 * Seals of persons, which their home tab, direct messages and private answers carry: what tells those that Kastellan drew
 * from those that another holder of the bot token makes.
 */
export interface PersonalSeals {
  /** The seal of a person, made at the first call. @throws KastellanError `redis.*` */
  make(slackUserId: string): Promise<string>;
  /** @throws KastellanError `redis.*` */
  find(slackUserId: string): Promise<string | undefined>;
  /**
   * When the first seal was made, by any process: what was sent before that has none. Undefined if none was.
   * @throws KastellanError `redis.*`
   */
  since(): Promise<Date | undefined>;
}

/** What the Slack messages of all processes have to agree on. All methods raise KastellanError `redis.*`. */
export interface MessageRecords {
  find(cardId: string): Promise<MessageRecord | undefined>;
  /**
   * Notes what a card shows, and gives the claim on it back; with the version that was wanted, or a newer one, it is not
   * awaited any more.
   */
  save(cardId: string, record: MessageRecord): Promise<void>;
  /** Notes that a card is about to be sent. @returns the seal that its buttons have to carry, the same for each card */
  beginSending(cardId: string, how: Sending): Promise<string>;
  /**
   * Notes that Slack has taken or refused it.
   * @param content fingerprint of what Slack says it shows now; absent if the answer does not tell
   */
  endSending(cardId: string, how: Sending, content?: string): Promise<void>;
  /** The seal of a card; undefined if none was sent by this version. */
  findSeal(cardId: string): Promise<CardSeal | undefined>;
  /** Notes that a card is to show this version, so that another process can draw it where this one dies before. */
  want(cardId: string, version: number): Promise<void>;
  /** Ids of the cards that do not show what they are to show. */
  wanted(): Promise<string[]>;
  /** Takes a card out of these. */
  unwant(cardId: string): Promise<void>;
  /** Whether the caller is the one who posts or edits the card now; the claim ends by itself after these milliseconds. */
  claim(cardId: string, forMs: number): Promise<boolean>;
  /** Gives a claim back. */
  unclaim(cardId: string): Promise<void>;
  /**
   * Whether the caller is the one who sends it now: it was not sent, and no other process is at it. The claim ends by itself
   * after these milliseconds.
   * @param isKept whether it is awaited until it was sent
   */
  beginTelling(notice: Notice, forMs: number, isKept: boolean): Promise<boolean>;
  /** Notes that Slack has it: it is not sent again. */
  markTold(notice: Notice): Promise<void>;
  /** Notes that it could not be sent; the claim ends after these milliseconds. */
  failTelling(notice: Notice, againAfterMs: number): Promise<void>;
  /** What is awaited and not claimed; after a day nothing is awaited any more. */
  untold(): Promise<Notice[]>;
  /** Awaits it no longer. */
  forgetNotice(notice: Notice): Promise<void>;
}
