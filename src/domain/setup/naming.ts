/** The K10 roles that an access level can be bound to, by the suffix K10's chart gives them after the release's name. */
export const K10_ROLES = {
  admin: 'ClusterRole',
  'ns-admin': 'Role',
  'mc-admin': 'ClusterRole',
  'config-view': 'ClusterRole',
} as const;

export type K10Role = keyof typeof K10_ROLES;

/** Where K10 keeps its multi-cluster system: https://docs.kasten.io/latest/multicluster/reference/rbac */
export const MULTI_CLUSTER_NAMESPACE = 'kasten-io-mc';

/** Cluster roles that are bound in one namespace: everywhere, `mc-admin` would give every Secret of the cluster. */
const BOUND_IN: Readonly<Partial<Record<K10Role, string>>> = { 'mc-admin': MULTI_CLUSTER_NAMESPACE };

export interface RoleName {
  readonly kind: 'ClusterRole' | 'Role';
  readonly name: string;
  /** The only namespace in which this cluster role is given. Absent: in the whole cluster; a Role only in its own namespace. */
  readonly boundIn?: string;
}

/** The role as the chart of this release names it: `k10-admin` (https://docs.kasten.io/latest/access/rbac). */
export function roleName(release: string, role: K10Role): RoleName {
  const boundIn = boundInOf(role);
  return {
    kind: K10_ROLES[role],
    name: `${release}-${role}`,
    ...(boundIn !== undefined && { boundIn }),
  };
}

/** The namespace in which this cluster role is given, if it is not the whole cluster. */
export function boundInOf(role: K10Role): string | undefined {
  return BOUND_IN[role];
}

/** Kastellan's own binding for a level: never the chart's, which an upgrade would reset. */
export function bindingName(level: string, role: RoleName): string {
  return `kastellan-${level}-${role.name}`;
}

/** `groupPrefix` + object ID: the name by which Kubernetes knows an Entra group. */
export function prefixedGroup(groupPrefix: string, objectId: string): string {
  return `${groupPrefix}${objectId}`;
}

/** Stands for the object ID of a group that is not made yet, in plans and in values to be committed. */
export const NEW_GROUP = '<the new group>';

/** Where K10 is served. */
export interface ServedAt {
  /** `https://host[:port]` */
  readonly origin: string;
  readonly release: string;
  /** Another path than the release's name, without slashes at its ends. */
  readonly path?: string;
}

/** The path at which K10 is served, without slashes at its ends. */
export function servedPath({ path, release }: Omit<ServedAt, 'origin'>): string {
  return path ?? release;
}

/** Where Entra sends people back to: the path holds the release's name, not the word k10, unless K10 has a path of its own. */
export function redirectUri(at: ServedAt): string {
  return `${at.origin}${redirectPath(servedPath(at))}`;
}

/** The part of that address that does not depend on the host. */
export function redirectPath(path: string): string {
  return `/${path}/auth-svc/v0/oidc/redirect`;
}

/** The address a person opens to use K10. */
export function dashboardAddress(at: ServedAt): string {
  return `${at.origin}/${servedPath(at)}/`;
}

/** The issuer of a single tenant; K10 wants exactly this as `providerURL`. */
export function providerUrl(loginUrl: string, tenantId: string): string {
  return `${loginUrl.replace(/\/+$/, '')}/${tenantId}/v2.0`;
}

/** Entra's alternate key of the cluster's application. */
export function applicationKey(cluster: string): string {
  return `kastellan-${cluster}`;
}

/** The cluster's name is added to what people read only where there is more than one. */
export function displayName(base: string, cluster: string, clusterCount: number): string {
  return clusterCount > 1 ? `${base} (${cluster})` : base;
}

/** Where people look after an application's secrets and certificates: https://learn.microsoft.com/entra/identity-platform/how-to-add-credentials */
export function credentialsPage(portalUrl: string, clientId: string): string {
  return `${portalUrl}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/${encodeURIComponent(clientId)}/isMSAApp~/false`;
}

/** The Kubernetes Secret that holds the client ID and the client secret. */
export function credentialSecretName(release: string): string {
  return `kastellan-${release}-oidc`;
}

/** While a rotation is under way: where the new secret waits until Entra takes it. */
export function nextSecretName(release: string): string {
  return `${credentialSecretName(release)}-next`;
}

/** While a rotation is under way: where the secret from before is kept, for the way back. */
export function previousSecretName(release: string): string {
  return `${credentialSecretName(release)}-previous`;
}

/** How the names of all client secrets begin that Kastellan makes. */
export const credentialPrefix = 'kasten/';

/** The name of a client secret in Entra: it tells which request made it. */
export function credentialDisplayName(cluster: string, requestId: string): string {
  return `${credentialPrefix}${cluster}/${requestId}`;
}
