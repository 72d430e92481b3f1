import type { ExpiryRules } from '../secrets/expiry.ts';
import type { WindowRule } from '../secrets/rotation-window.ts';
import type { K10Role } from '../setup/naming.ts';
import type { SignInSettings } from '../setup/setup.ts';

/** What becomes of an upgrade that would also change objects that are no part of the sign-in: see `otherChanges`. */
export type OtherChangesRule = 'refuse' | 'allow';

/** The house's rules as the operations need them; the configuration file is one way to write them down. */
export interface Policy {
  readonly clusters: readonly ClusterRule[];
  readonly accessLevels: readonly AccessLevel[];
  readonly setup: {
    readonly applicationName: string;
    /** Milliseconds. */
    readonly secretLifetime: number;
    readonly upgradeTimeout: number;
    readonly otherChanges: OtherChangesRule;
    readonly signIn: SignInSettings;
  };
  readonly approvals: {
    readonly setup: ApprovalRule;
    /** Absent: as for a set-up. */
    readonly rotation?: ApprovalRule | undefined;
    readonly teardown?: ApprovalRule | undefined;
  };
  /** Who may take access without asking; nobody where it is absent. */
  readonly breakGlass?: BreakGlassRule | undefined;
  /** When the calendar rotates by itself; it does not where this or `autoRotateBefore` is absent. */
  readonly rotation?: RotationRule | undefined;
  readonly expiry: ExpirySettings;
  /** Slack user ids. */
  readonly operators: readonly string[];
  /** Where Entra answers: `https://login.microsoftonline.com`, the tenant's GUID, and where people look after it. */
  readonly entra: { readonly loginUrl: string; readonly tenantId: string; readonly portalUrl: string };
}

/** When people are reminded of credentials that end, and of which. */
interface ExpirySettings extends ExpiryRules {
  /** The weekday on which people hear what is to be tidied up: 1 is Monday, 7 is Sunday; absent: never. */
  readonly digest?: number | undefined;
  /** Days a client secret may live; absent: as long as the tenant allows. */
  readonly longestLifetime?: number | undefined;
  /** Applications besides those that Kastellan set up. */
  readonly watch: { readonly clientIds: readonly string[]; readonly tags: readonly string[] };
  /** Slack user ids; who is named where Entra names no owner that Slack knows. */
  readonly owners: readonly string[];
}

interface ClusterRule {
  readonly name: string;
  readonly namespace: string;
  readonly release: string;
  readonly dashboardUrl?: string | undefined;
  /** Instead of `setup.otherChanges`. */
  readonly otherChanges?: OtherChangesRule | undefined;
  /** What is different on this cluster. */
  readonly rotation?: Partial<RotationRule> | undefined;
  /** What differs here from the settings for all. */
  readonly expiry?: {
    readonly remindBefore?: readonly number[] | undefined;
    readonly dailyAfter?: number | undefined;
    readonly owners: readonly string[];
  };
}

interface RotationRule {
  /** Milliseconds before the end of a client secret. */
  readonly autoRotateBefore?: number | 'never' | undefined;
  readonly rotate?: WindowRule | undefined;
}

interface AccessLevel {
  readonly name: string;
  readonly description: string;
  readonly roles: readonly K10Role[];
  /** The Entra group's name that set-up proposes. */
  readonly group: string;
  /** Whether clusters may share one group for this level; each has its own where it is absent. */
  readonly sharedGroup?: boolean | undefined;
  readonly access: AccessRule;
}

/** People, by user group or one by one. */
export interface WhoMay {
  /** Slack user groups, by handle (without @) or id. */
  readonly userGroups: readonly string[];
  /** Slack user ids. */
  readonly users: readonly string[];
}

/** People who may ask: as above, or by Entra group. */
export interface Requesters extends WhoMay {
  /** Object IDs of security groups; members of groups inside them count, too. */
  readonly entraGroups: readonly string[];
}

/**
 * What is taken away when a grant ends. `membership`: the member leaves the group. `both`: the group's bindings rest, too,
 * once nobody is left in the group. `binding`: the bindings alone, where somebody else keeps the group's members.
 */
export type AtEnd = 'membership' | 'both' | 'binding';

/** How access of one level is asked for, given and taken back. Durations are milliseconds. */
export interface AccessRule extends ApprovalRule {
  readonly longest: number;
  /** Durations that the form offers. */
  readonly choices: readonly number[];
  /** Who may decide, too, when nobody has for so long. */
  readonly escalation?: { readonly after: number; readonly approvers: WhoMay } | undefined;
  readonly atEnd: AtEnd;
  /** Who may ask for another person; absent: see `requestersOf`. */
  readonly onBehalf?: Requesters | undefined;
}

export interface BreakGlassRule {
  /** The access level's name. */
  readonly level: string;
  readonly people: WhoMay;
  /** Milliseconds. */
  readonly duration: number;
  /** How many different people look at it afterwards, and how often they are asked until they have, in milliseconds. */
  readonly reviews: number;
  readonly remindEvery: number;
  /** Milliseconds after the end of one before the same person can take another on the same cluster. */
  readonly pause: number;
  /** How many one person may take within 24 hours, on all clusters together. */
  readonly perDay: number;
  /** Whether it stays shut to a person whose access was revoked until an operator opens it again. */
  readonly shutAfterRevoke: boolean;
}

/** Who may ask for a kind of request, who may decide on it, and how long it waits for them. */
export interface ApprovalRule {
  /** Absent: every full member of the workspace. */
  readonly requesters?: Requesters | undefined;
  readonly approvers: WhoMay;
  /** How many different people; 0: nobody has to. */
  readonly required: number;
  /** Milliseconds from the request to its end, and before that end when approvers are reminded. */
  readonly expiresAfter: number;
  readonly remindBefore: readonly number[];
}
