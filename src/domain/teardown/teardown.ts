import type { EntraAccount } from '../person.ts';
import type { AuthBefore } from '../setup/auth-before.ts';
import type { RoleName } from '../setup/naming.ts';
import type {
  GroupChoice,
  ObservedApplication,
  ObservedCredential,
  ObservedRelease,
  Obstacle,
  SetupSpec,
} from '../setup/setup.ts';

/** What may go together with K10's sign-in; what is left out stays. */
export const REMOVABLES = ['bindings', 'credential', 'application', 'groups'] as const;
export type Removable = (typeof REMOVABLES)[number];

/** What the asker wants, and what set-up had noted of this cluster. */
export interface TeardownSpec {
  /** What the last set-up asked for. */
  readonly setup: SetupSpec;
  /** The request of that set-up: another one since makes this tear-down stale. */
  readonly setupId: string;
  /** Every level that was ever set up here. */
  readonly levels: readonly { readonly level: string; readonly group: GroupChoice }[];
  readonly remove: readonly Removable[];
  /** The asker says that the cluster is gone for good: only what is in Entra is removed. */
  readonly gone?: true;
  /** How K10 signed people in before; absent where set-up did not note it. */
  readonly before?: AuthBefore;
}

export interface ObservedTeardownGroup {
  readonly level: string;
  readonly objectId: string;
  readonly displayName: string;
  readonly members: readonly EntraAccount[];
  /** A group that was there before, named by its object ID: it always stays. */
  readonly adopted: boolean;
  /** Other clusters whose set-up uses it, too. */
  readonly usedBy: readonly string[];
}

interface ObservedTeardownBinding {
  readonly name: string;
  readonly role: RoleName;
  readonly groups: readonly string[];
  /** A ClusterRoleBinding for a role that belongs into one namespace. */
  readonly tooWide?: true;
}

/** What a tear-down finds outside of the cluster. */
export interface ObservedInEntra {
  readonly obstacles: readonly Obstacle[];
  readonly groups: readonly ObservedTeardownGroup[];
  readonly application: ObservedApplication | undefined;
  readonly servicePrincipal: { readonly objectId: string } | undefined;
  /** What was given for a time and has not ended. */
  readonly grants: readonly {
    readonly level: string;
    readonly name: string;
    /** ISO time. */
    readonly endsAt: string;
  }[];
}

export interface ObservedTeardown extends ObservedInEntra {
  /** Kastellan's own Kubernetes Secret. */
  readonly credential: ObservedCredential | undefined;
  /** Those that Kastellan made. */
  readonly bindings: readonly ObservedTeardownBinding[];
  /** Those of somebody else that let one of the groups in, too. */
  readonly otherBindings: readonly ObservedTeardownBinding[];
  /** Absent where K10 is not there any more. */
  readonly release:
    | (Pick<ObservedRelease, 'chartVersion' | 'values' | 'managedBy'> & {
        /** Whether K10 signs people in with Kastellan's application. */
        readonly ours: boolean;
        /** The values of the revision before set-up, if Helm still has it. */
        readonly old: ObservedRelease['values'] | undefined;
      })
    | undefined;
  readonly deployments: readonly string[];
  readonly runningActions: number;
}

/** What is found where the cluster is said to be gone. */
export interface ObservedGone extends ObservedInEntra {
  /** What asking the cluster came to: `The cluster's Kubernetes API does not answer: ECONNREFUSED.` */
  readonly problem: string;
}
