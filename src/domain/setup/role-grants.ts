/** Whom a binding names. https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-binding-v1/ */
export interface RbacSubject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly name: string;
  /** Of a service account. */
  readonly namespace?: string;
}

/** One rule of a role; rules about paths of the API are left out. */
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Empty: all names. */
  readonly resourceNames: readonly string[];
}

export interface RoleRef {
  readonly kind: 'ClusterRole' | 'Role';
  readonly name: string;
}

/** One binding of the cluster, of K10's namespace, or of Kastellan in another, with what its role allows. */
export interface RoleGrant {
  readonly binding: {
    readonly kind: 'ClusterRoleBinding' | 'RoleBinding';
    readonly name: string;
    /** Of a RoleBinding outside K10's namespace. */
    readonly namespace?: string;
    /** `k10`: the chart of this release rendered it. */
    readonly madeBy: 'kastellan' | 'k10' | 'other';
  };
  readonly role: RoleRef;
  /** Undefined if the role's rules could not be read; empty if there is no such role. */
  readonly rules: readonly RbacRule[] | undefined;
  readonly subjects: readonly RbacSubject[];
}

/** Who holds which roles in a cluster, and in K10's namespace. */
export interface ObservedRoleGrants {
  readonly grants: readonly RoleGrant[];
  /** Kastellan's own accounts, as the API server names them: `system:serviceaccount:kastellan:kastellan`. */
  readonly ownAccounts: readonly string[];
  /** What could not be read, a sentence each. */
  readonly unseen: readonly string[];
}

/** Where K10 is. */
export interface K10Place {
  readonly release: string;
  readonly namespace: string;
}
