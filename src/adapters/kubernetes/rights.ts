import {
  bindingName,
  boundInOf,
  K10_ROLES,
  type K10Role,
  MULTI_CLUSTER_NAMESPACE,
  roleName,
} from '../../domain/setup/naming.ts';

/**
 * `cluster`: everywhere; `namespace`: in K10's namespace; `default`: in the namespace `default`; `multi-cluster`: in
 * `kasten-io-mc`, and only if an access level gives a role there.
 */
type Scope = 'cluster' | 'namespace' | 'default' | 'multi-cluster';

/**
 * One right that Kastellan's identity needs in a cluster. In texts `<release>` stands for the Helm release, `<level>` for
 * every access level, and `<role>` for every K10 role that an access level gives in this scope.
 */
export interface Right {
  readonly verb: string;
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
  readonly scope: Scope;
  readonly why: string;
  /** Who uses it: Kastellan itself, the `helm upgrade` it runs, or both; these two may be different accounts. */
  readonly by: 'kastellan' | 'helm' | 'both';
  /** Without it Kastellan works and sees less. */
  readonly optional?: true;
  /** What K10's chart contains: asked about for the objects of the installed release, and not for the whole list. */
  readonly ofChart?: true;
}

/** An access level, and the K10 roles that it gives. */
export interface LevelRoles {
  readonly name: string;
  readonly roles: readonly K10Role[];
}

/** Whose rights these names are about. */
export interface RightsAddress {
  readonly release: string;
  /** The namespace of K10. */
  readonly namespace: string;
  readonly levels: readonly LevelRoles[];
}

/** Whose rights are meant: those of both, if one account is used for everything. */
export type RightsOf = 'kastellan' | 'helm' | 'both';

/** A right with everything in its place, as it can be asked about. */
export interface ConcreteRight extends Omit<Right, 'scope'> {
  /** Absent: in the whole cluster. */
  readonly namespace?: string;
}

type Row = readonly [by: Right['by'], verbs: string, resource: string, scope: Scope, why: string];
type Named = readonly [...Row, ...names: string[]];

const RBAC = 'rbac.authorization.k8s.io';
const APISERVICES = 'apiservices.apiregistration.k8s.io';

function expand(
  [by, verbs, resourceAndGroup, scope, why, ...names]: Named,
  more: Partial<Right> = {},
): Right[] {
  const [resource = '', ...group] = resourceAndGroup.split('.');
  const each = names.length === 0 ? [{}] : names.map((name) => ({ name }));
  return verbs
    .split(' ')
    .flatMap((verb) =>
      each.map((named) => ({ verb, group: group.join('.'), resource, scope, why, by, ...named, ...more })),
    );
}

const BINDINGS = 'bind groups to <release>-<role>';
const OWN_BINDING = 'kastellan-<level>-<release>-<role>';
const OWN_SECRETS = ['', '-next', '-previous'].map((suffix) => `kastellan-<release>-oidc${suffix}`);
const OWN_SECRET = 'keep the client secret';
const DEPLOYMENTS = 'upgrade K10 and show how it comes back';
const SEE_ROLE = 'see that a role is there';
const OWN_CHART = "upgrade what is in K10's chart";

const NEEDED: readonly Named[] = [
  ['kastellan', 'list create', `clusterrolebindings.${RBAC}`, 'cluster', BINDINGS],
  ['kastellan', 'get patch delete', `clusterrolebindings.${RBAC}`, 'cluster', BINDINGS, OWN_BINDING],
  ['kastellan', 'list create', `rolebindings.${RBAC}`, 'namespace', BINDINGS],
  ['kastellan', 'get patch delete', `rolebindings.${RBAC}`, 'namespace', BINDINGS, OWN_BINDING],
  ['kastellan', 'get', `clusterroles.${RBAC}`, 'cluster', SEE_ROLE, '<release>-<role>'],
  ['kastellan', 'get', `roles.${RBAC}`, 'namespace', SEE_ROLE, '<release>-<role>'],
  [
    'kastellan',
    'bind',
    `clusterroles.${RBAC}`,
    'cluster',
    'bind a role without holding all its rights',
    '<release>-<role>',
  ],
  [
    'kastellan',
    'bind',
    `roles.${RBAC}`,
    'namespace',
    'bind a role without holding all its rights',
    '<release>-<role>',
  ],
  [
    'kastellan',
    'get',
    'namespaces',
    'cluster',
    'see that K10 is part of a multi-cluster system',
    MULTI_CLUSTER_NAMESPACE,
  ],
  ['kastellan', 'list create', `rolebindings.${RBAC}`, 'multi-cluster', BINDINGS],
  ['kastellan', 'get patch delete', `rolebindings.${RBAC}`, 'multi-cluster', BINDINGS, OWN_BINDING],
  [
    'kastellan',
    'bind',
    `clusterroles.${RBAC}`,
    'multi-cluster',
    'bind a role without holding all its rights',
    '<release>-<role>',
  ],
  ['both', 'create', 'secrets', 'namespace', `${OWN_SECRET}, and Helm's records`],
  ['kastellan', 'get patch delete', 'secrets', 'namespace', OWN_SECRET, ...OWN_SECRETS],
  ['helm', 'get list update delete', 'secrets', 'namespace', "keep Helm's records"],
  ['both', 'get list patch', 'deployments.apps', 'namespace', DEPLOYMENTS],
  ['kastellan', 'watch', 'deployments.apps', 'namespace', DEPLOYMENTS],
  ['helm', 'list', 'replicasets.apps', 'namespace', 'wait for K10 as Helm does'],
  ...(
    [
      ['backupactions', 'backup'],
      ['restoreactions', 'restore'],
      ['exportactions', 'export'],
      ['runactions', 'policy run'],
    ] as const
  ).map(
    ([resource, what]) =>
      [
        'kastellan',
        'list',
        `${resource}.actions.kio.kasten.io`,
        'cluster',
        `see that an upgrade disturbs no ${what}`,
      ] as const,
  ),
  [
    'kastellan',
    'create',
    'subjectaccessreviews.authorization.k8s.io',
    'cluster',
    'prove that a group may use K10',
  ],
];

// The groups that K10's chart adds to the Kubernetes API: whoever may change any APIService can answer for every group.
const API_SERVICES = ['actions', 'apps', 'datamover', 'dr', 'repositories', 'vault'].map(
  (group) => `v1alpha1.${group}.kio.kasten.io`,
);

// Helm reads every object of the chart before an upgrade. Helm 4 patches each of them, and Helm 3 what is different.
const CHART: readonly Named[] = [
  ['helm', 'patch', 'secrets', 'namespace', OWN_CHART],
  ...['configmaps', 'services', 'serviceaccounts', 'persistentvolumeclaims'].map(
    (resource) => ['helm', 'get patch', resource, 'namespace', OWN_CHART] as const,
  ),
  ...['networkpolicies', 'ingresses'].map(
    (resource) => ['helm', 'get patch', `${resource}.networking.k8s.io`, 'namespace', OWN_CHART] as const,
  ),
  ['helm', 'get patch', `roles.${RBAC}`, 'namespace', OWN_CHART],
  ['helm', 'get patch', `rolebindings.${RBAC}`, 'namespace', OWN_CHART],
  ['helm', 'get patch', `clusterroles.${RBAC}`, 'cluster', OWN_CHART],
  ['helm', 'get patch', `clusterrolebindings.${RBAC}`, 'cluster', OWN_CHART],
  ['helm', 'get patch', APISERVICES, 'cluster', OWN_CHART, ...API_SERVICES],
  [
    'helm',
    'get patch',
    `roles.${RBAC}`,
    'default',
    'upgrade the Role of K10 8.0 and later',
    'kasten-default',
  ],
  ['helm', 'get patch', `rolebindings.${RBAC}`, 'default', 'upgrade the RoleBinding of K10 8.0 and later'],
];

const OPTIONAL: readonly Named[] = (
  [
    ['list', `clusterroles.${RBAC}`, 'cluster', 'say who can administer K10 by which role'],
    ['list', `roles.${RBAC}`, 'namespace', 'say who can administer K10 by which role'],
    ['list', 'pods', 'namespace', 'say why a pod does not start'],
    ['get', 'pods/log', 'namespace', 'show the last words of a pod that failed'],
    ['list', 'events', 'namespace', 'say why a pod does not start'],
    ['list', 'ingresses.networking.k8s.io', 'namespace', "offer the dashboard's address"],
    ['list', 'routes.route.openshift.io', 'namespace', "offer the dashboard's address on OpenShift"],
    ['list', 'k10s.apik10.kasten.io', 'namespace', "recognise K10's operator"],
    ['list', 'applications.argoproj.io', 'cluster', 'recognise Argo CD'],
    ['list', 'helmreleases.helm.toolkit.fluxcd.io', 'cluster', 'recognise Flux'],
  ] as const
).map((row) => ['kastellan', ...row] as const);

/** Everything Kastellan's identity needs to do in a cluster, each with its reason. */
export const RIGHTS: readonly Right[] = [
  ...NEEDED.flatMap((row) => expand(row)),
  ...CHART.flatMap((row) => expand(row, { ofChart: true })),
  ...OPTIONAL.flatMap((row) => expand(row, { optional: true })),
];

/**
 * The rights that an account needs on one K10, with real names. What a right without a name covers is not listed once more
 * by its names.
 */
export function rightsFor(address: RightsAddress, whose: RightsOf): ConcreteRight[] {
  return concreteRights(RIGHTS, address, whose);
}

/** The same without what is asked about object by object, because K10's chart may contain it or not. */
export function fixedRightsFor(address: RightsAddress, whose: RightsOf): ConcreteRight[] {
  return concreteRights(
    RIGHTS.filter(({ ofChart }) => ofChart !== true),
    address,
    whose,
  );
}

function concreteRights(all: readonly Right[], address: RightsAddress, whose: RightsOf): ConcreteRight[] {
  const own = all.filter(({ by }) => whose === 'both' || by === 'both' || by === whose);
  const rights = own.flatMap((right) => concrete(right, address));
  const anyName = new Set(rights.filter(({ name }) => name === undefined).map(kindOfRight));
  const listed = new Set<string>();
  return rights.filter((right) => {
    const key = `${kindOfRight(right)} ${right.name ?? ''}`;
    if (listed.has(key) || (right.name !== undefined && anyName.has(kindOfRight(right)))) return false;
    listed.add(key);
    return true;
  });
}

function kindOfRight({ verb, group, resource, namespace = '' }: ConcreteRight): string {
  return `${verb} ${resource}.${group} ${namespace}`;
}

function concrete(right: Right, address: RightsAddress): ConcreteRight[] {
  const { scope, name, why, ...rest } = right;
  if (isMultiCluster(right) && !address.levels.some((level) => rolesIn('multi-cluster', level).length > 0))
    return [];
  const namespaces = {
    cluster: undefined,
    namespace: address.namespace,
    default: 'default',
    'multi-cluster': MULTI_CLUSTER_NAMESPACE,
  };
  const namespace = namespaces[scope];
  const roles = [...new Set(address.levels.flatMap((level) => rolesOf(right, level)))];
  const common = {
    ...rest,
    ...(namespace !== undefined && { namespace }),
    why: why.replace(
      '<release>-<role>',
      roles.map((role) => roleName(address.release, role).name).join(', '),
    ),
  };
  if (name === undefined) return [common];
  return namesOf(name, right, address).map((known) => ({ ...common, name: known }));
}

function isMultiCluster({ scope, name }: Right): boolean {
  return scope === 'multi-cluster' || name === MULTI_CLUSTER_NAMESPACE;
}

function namesOf(name: string, right: Right, { release, levels }: RightsAddress): string[] {
  const ofLevels = (write: (level: string, role: K10Role) => string): string[] => [
    ...new Set(levels.flatMap((level) => rolesOf(right, level).map((role) => write(level.name, role)))),
  ];
  if (name.includes('<level>')) return ofLevels((level, role) => bindingName(level, roleName(release, role)));
  if (name.includes('<role>')) return ofLevels((_level, role) => roleName(release, role).name);
  return [name.replace('<release>', release)];
}

// What belongs into one namespace is bound nowhere else; a binding of it in the whole cluster, which Kastellan once made, is
// still seen and taken away.
function rolesOf({ scope, verb }: Right, level: LevelRoles): K10Role[] {
  const roles = rolesIn(scope, level);
  return scope === 'cluster' && verb === 'bind'
    ? roles.filter((role) => boundInOf(role) === undefined)
    : roles;
}

function rolesIn(scope: Scope, { roles }: LevelRoles): K10Role[] {
  if (scope === 'multi-cluster') return roles.filter((role) => boundInOf(role) !== undefined);
  const kind = scope === 'cluster' ? 'ClusterRole' : 'Role';
  return roles.filter((role) => K10_ROLES[role] === kind);
}
