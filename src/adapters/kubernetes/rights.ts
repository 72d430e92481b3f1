/** One right that Kastellan's identity needs in a cluster. `<release>` in a name stands for the Helm release. */
export interface Right {
  readonly verb: string;
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
  /** `namespace`: in K10's namespace; `cluster`: everywhere. */
  readonly scope: 'namespace' | 'cluster';
  readonly why: string;
  /** Who uses it: Kastellan itself, the `helm upgrade` it runs, or both; these two may be different accounts. */
  readonly by: 'kastellan' | 'helm' | 'both';
  /** Without it Kastellan works and sees less. */
  readonly optional?: true;
}

type Scope = Right['scope'];
type Row = readonly [by: Right['by'], verbs: string, resource: string, scope: Scope, why: string];

const RBAC = 'rbac.authorization.k8s.io';

function expand([by, verbs, resourceAndGroup, scope, why]: Row, optional = false): Right[] {
  const [resource = '', ...group] = resourceAndGroup.split('.');
  return verbs.split(' ').map((verb) => ({
    verb,
    group: group.join('.'),
    resource,
    scope,
    why,
    by,
    ...(optional ? { optional: true as const } : {}),
  }));
}

const BINDINGS = 'bind groups to';
const OWN_CHART = "upgrade K10's own";
const IN_CHART = "upgrade what is in K10's chart";
const SECRETS = "keep the client secret, and Helm's records";
const DEPLOYMENTS = 'upgrade K10 and show how it comes back';

const OWN: readonly Row[] = [
  ['both', 'get patch', `clusterrolebindings.${RBAC}`, 'cluster', `${BINDINGS} <release>-admin`],
  [
    'kastellan',
    'list create delete',
    `clusterrolebindings.${RBAC}`,
    'cluster',
    `${BINDINGS} <release>-admin`,
  ],
  ['both', 'get patch', `rolebindings.${RBAC}`, 'namespace', `${BINDINGS} <release>-ns-admin`],
  ['kastellan', 'list create delete', `rolebindings.${RBAC}`, 'namespace', `${BINDINGS} <release>-ns-admin`],
  ['both', 'get', `clusterroles.${RBAC}`, 'cluster', 'see that a role is there'],
  ['helm', 'patch', `clusterroles.${RBAC}`, 'cluster', OWN_CHART],
  ['both', 'get', `roles.${RBAC}`, 'namespace', 'see that a role is there'],
  ['helm', 'patch', `roles.${RBAC}`, 'namespace', OWN_CHART],
  ['both', 'get create patch delete', 'secrets', 'namespace', SECRETS],
  ['helm', 'list update', 'secrets', 'namespace', SECRETS],
  ['both', 'get list watch patch', 'deployments.apps', 'namespace', DEPLOYMENTS],
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

// Helm reads every object of the chart before an upgrade; a release made by Helm 4 is also patched object by object.
const CHART: readonly Row[] = [
  'configmaps',
  'services',
  'serviceaccounts',
  'persistentvolumeclaims',
  'networkpolicies.networking.k8s.io',
]
  .map((resource): Row => ['helm', 'get patch', resource, 'namespace', IN_CHART])
  .concat([['helm', 'get patch', 'apiservices.apiregistration.k8s.io', 'cluster', IN_CHART]]);

const OPTIONAL: readonly Row[] = (
  [
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

const BIND: readonly Right[] = (
  [
    ['clusterroles', '<release>-admin', 'cluster'],
    ['roles', '<release>-ns-admin', 'namespace'],
  ] as const
).map(([resource, name, scope]) => ({
  verb: 'bind',
  group: RBAC,
  resource,
  name,
  scope,
  why: 'bind a role without holding all its rights',
  by: 'kastellan',
}));

/** Everything Kastellan's identity needs to do in a cluster, each with its reason. */
export const RIGHTS: readonly Right[] = [
  ...OWN.flatMap((row) => expand(row)),
  ...BIND,
  ...CHART.flatMap((row) => expand(row)),
  ...OPTIONAL.flatMap((row) => expand(row, true)),
];
