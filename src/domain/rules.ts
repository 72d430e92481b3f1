import type { K10Role } from './naming.ts';
import type { SignInSettings } from './setup.ts';

/** The house's rules as the operations need them; the configuration file is one way to write them down. */
export interface HouseRules {
  readonly clusters: readonly ClusterRule[];
  readonly accessLevels: readonly AccessLevel[];
  readonly setup: {
    readonly applicationName: string;
    /** Milliseconds. */
    readonly secretLifetime: number;
    readonly upgradeTimeout: number;
    readonly signIn: SignInSettings;
  };
  readonly approvals: {
    readonly setup: ApprovalRule;
    /** Absent: as for a set-up. */
    readonly rotation?: ApprovalRule | undefined;
  };
  /** Slack user ids. */
  readonly operators: readonly string[];
  /** Where Entra answers: `https://login.microsoftonline.com` and the tenant's GUID. */
  readonly entra: { readonly loginUrl: string; readonly tenantId: string };
}

interface ClusterRule {
  readonly name: string;
  readonly namespace: string;
  readonly release: string;
  readonly dashboardUrl?: string | undefined;
}

interface AccessLevel {
  readonly name: string;
  readonly description: string;
  readonly roles: readonly K10Role[];
  /** The Entra group's name that set-up proposes. */
  readonly group: string;
}

/** Who may decide on a kind of request, and how long it waits for them. */
export interface ApprovalRule {
  readonly approvers: {
    /** Slack user groups, by handle (without @) or id. */
    readonly userGroups: readonly string[];
    /** Slack user ids. */
    readonly users: readonly string[];
  };
  /** How many different people; 0: nobody has to. */
  readonly required: number;
  /** Milliseconds from the request to its end, and before that end when approvers are reminded. */
  readonly expiresAfter: number;
  readonly remindBefore: readonly number[];
}
