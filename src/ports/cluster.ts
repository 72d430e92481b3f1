import type { Secret } from '../domain/secret.ts';
import type { RenderedObject } from '../domain/setup/manifest.ts';
import type { MemberSession } from '../domain/setup/member-session.ts';
import type { RoleName } from '../domain/setup/naming.ts';
import type { LiveObjects } from '../domain/setup/other-changes.ts';
import type { RightsReview } from '../domain/setup/rights-review.ts';
import type { ObservedRoleGrants } from '../domain/setup/role-grants.ts';
import type { ObservedCredential, ReleaseManager } from '../domain/setup/setup.ts';
import type { Finding } from './finding.ts';
import type { Releases } from './releases.ts';
// What the core asks of one Kubernetes cluster.

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
