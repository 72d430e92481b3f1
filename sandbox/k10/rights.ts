import type { ClusterAccess } from './cluster-access.ts';
import type { SessionClaims } from './session-token.ts';

/** One line of the dashboard's table. */
interface ActionRight {
  id: string;
  text: string;
  allowed: boolean;
}

/** What somebody may do, as the cluster says. */
export interface Rights {
  actions: ActionRight[];
  /** The namespaces whose applications they see. */
  applications: string[];
}

interface Action {
  id: string;
  text: string;
  verb: string;
  group: string;
  resource: string;
  /** In K10's own namespace instead of the whole cluster. */
  own?: boolean;
}

const actionGroup = 'actions.kio.kasten.io';
const configGroup = 'config.kio.kasten.io';

/** @see https://docs.kasten.io/latest/access/rbac */
const actions: readonly Action[] = [
  { id: 'backup', text: 'Run a backup', verb: 'create', group: actionGroup, resource: 'backupactions' },
  {
    id: 'restore',
    text: 'Restore an application',
    verb: 'create',
    group: actionGroup,
    resource: 'restoreactions',
  },
  { id: 'policies', text: 'Edit policies', verb: 'update', group: configGroup, resource: 'policies' },
  { id: 'profiles', text: 'See location profiles', verb: 'list', group: configGroup, resource: 'profiles' },
  { id: 'pods', text: 'See K10’s own pods', verb: 'list', group: '', resource: 'pods', own: true },
  {
    id: 'settings',
    text: 'Change K10’s own Secrets',
    verb: 'update',
    group: '',
    resource: 'secrets',
    own: true,
  },
  {
    id: 'clusters',
    text: 'Manage several clusters',
    verb: 'get',
    group: 'dist.kio.kasten.io',
    resource: 'clusters',
  },
];

const listApplications = { verb: 'list', group: 'apps.kio.kasten.io', resource: 'applications' };

/** Asks the cluster what a user in these groups may do. */
export async function rightsOf(
  cluster: ClusterAccess,
  who: SessionClaims,
  ownNamespace: string,
): Promise<Rights> {
  const asked = actions.map(async ({ id, text, own, ...right }) => {
    const allowed = await cluster.can(who, { ...right, namespace: own ? ownNamespace : '' });
    return { id, text, allowed };
  });
  const [known, applications] = await Promise.all([
    Promise.all(asked),
    applicationsOf(cluster, who, ownNamespace),
  ]);
  return { actions: known, applications };
}

/** What somebody may do when nobody has to sign in: everything. */
export async function allRights(cluster: ClusterAccess, ownNamespace: string): Promise<Rights> {
  return {
    actions: actions.map(({ id, text }) => ({ id, text, allowed: true })),
    applications: await userNamespaces(cluster, ownNamespace),
  };
}

async function applicationsOf(
  cluster: ClusterAccess,
  who: SessionClaims,
  ownNamespace: string,
): Promise<string[]> {
  const names = await userNamespaces(cluster, ownNamespace);
  if (await cluster.can(who, { ...listApplications, namespace: '' })) return names;
  const visible = await Promise.all(
    names.map((namespace) => cluster.can(who, { ...listApplications, namespace })),
  );
  return names.filter((_name, index) => visible[index]);
}

async function userNamespaces(cluster: ClusterAccess, ownNamespace: string): Promise<string[]> {
  const names = await cluster.namespaces();
  return names.filter((name) => name !== ownNamespace && !name.startsWith('kube-')).sort();
}
