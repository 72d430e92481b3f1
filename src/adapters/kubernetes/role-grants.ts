import type {
  RbacV1Subject,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ObjectMeta,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
} from '@kubernetes/client-node';
import { asKastellanError } from '../../domain/errors.ts';
import { boundInOf, roleName } from '../../domain/setup/naming.ts';
import type { ObservedRoleGrants, RbacRule, RbacSubject, RoleGrant } from '../../domain/setup/role-grants.ts';
import type { Connection } from './connection.ts';
import type { ReleaseAddress } from './deployments.ts';
import { ask, findIfAllowed } from './errors.ts';
import { isOurs } from './ownership.ts';
import type { LevelRoles } from './rights.ts';

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Who holds which roles, cluster-wide and in K10's namespace; of Kastellan's own bindings also those of roles that belong
 * into another. Without the right to list roles their rules are missing,
 * and `unseen` says so.
 * @throws KastellanError `kubernetes.forbidden` without the right to list bindings, and as every call
 */
export async function readRoleGrants(
  connection: Connection,
  address: ReleaseAddress & { readonly levels: readonly LevelRoles[] },
): Promise<ObservedRoleGrants> {
  const { rbac } = connection;
  const { namespace } = address;
  const [clusterBindings, bindings, elsewhere, clusterRoles, roles, account] = await Promise.all([
    ask({ verb: 'list', resource: `clusterrolebindings.${RBAC}` }, () => rbac.listClusterRoleBinding()),
    ask({ verb: 'list', resource: `rolebindings.${RBAC}`, namespace }, () =>
      rbac.listNamespacedRoleBinding({ namespace }),
    ),
    listElsewhere(connection, address),
    listRules('ClusterRole', `clusterroles.${RBAC}`, () =>
      ask({ verb: 'list', resource: `clusterroles.${RBAC}` }, () => rbac.listClusterRole()),
    ),
    listRules('Role', `roles.${RBAC}`, () =>
      ask({ verb: 'list', resource: `roles.${RBAC}`, namespace }, () =>
        rbac.listNamespacedRole({ namespace }),
      ),
    ),
    whoAmI(connection),
  ]);
  const rules = { ClusterRole: clusterRoles.rules, Role: roles.rules };
  const grantOf =
    (kind: RoleGrant['binding']['kind'], elsewhere?: string) =>
    (binding: AnyBinding): RoleGrant => {
      const role = roleOf(binding);
      return {
        binding: {
          kind,
          name: binding.metadata?.name ?? '',
          ...(elsewhere !== undefined && { namespace: elsewhere }),
          madeBy: makerOf(binding.metadata ?? {}, address),
        },
        role,
        rules: rules[role.kind] === undefined ? undefined : (rules[role.kind]?.get(role.name) ?? []),
        subjects: (binding.subjects ?? []).map(subjectOf),
      };
    };
  return {
    grants: [
      ...clusterBindings.items.map(grantOf('ClusterRoleBinding')),
      ...bindings.items.map(grantOf('RoleBinding')),
      ...elsewhere.map((binding) => grantOf('RoleBinding', binding.metadata?.namespace)(binding)),
    ],
    ownAccounts: account === undefined ? [] : [account],
    unseen: [clusterRoles, roles].flatMap(({ unseen }) => unseen ?? []),
  };
}

// Whom K10 itself and its primary bind there is how the multi-cluster system works.
async function listElsewhere(
  { rbac }: Connection,
  { release, levels }: { readonly release: string; readonly levels: readonly LevelRoles[] },
): Promise<V1RoleBinding[]> {
  const kinds = [...new Set(levels.flatMap(({ roles }) => roles))];
  const found = kinds.map(async (kind) => {
    const namespace = boundInOf(kind);
    if (namespace === undefined) return [];
    const call = { verb: 'list', resource: `rolebindings.${RBAC}`, namespace };
    const list = await findIfAllowed(call, () => rbac.listNamespacedRoleBinding({ namespace }));
    const { name } = roleName(release, kind);
    return (list?.items ?? []).filter((item) => isOurs(item) && item.roleRef.name === name);
  });
  return (await Promise.all(found)).flat();
}

/**
 * The name by which the API server knows this account; undefined if it does not tell, as before Kubernetes 1.28.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review
 */
export async function whoAmI({ authentication }: Connection): Promise<string | undefined> {
  try {
    const { status } = await authentication.createSelfSubjectReview({ body: {} });
    return status?.userInfo?.username;
  } catch {
    return undefined;
  }
}

type AnyBinding = V1ClusterRoleBinding | V1RoleBinding;
type Rules = ReadonlyMap<string, readonly RbacRule[]>;

async function listRules(
  kind: 'ClusterRole' | 'Role',
  resource: string,
  list: () => Promise<{ items: (V1ClusterRole | V1Role)[] }>,
): Promise<{ readonly rules?: Rules; readonly unseen?: string }> {
  try {
    const { items } = await list();
    return {
      rules: new Map(items.map(({ metadata, rules }) => [metadata?.name ?? '', (rules ?? []).map(ruleOf)])),
    };
  } catch (thrown) {
    const error = asKastellanError(thrown);
    if (error.code !== 'kubernetes.forbidden') throw error;
    const known = kind === 'ClusterRole' ? "cluster-admin and K10's own are" : "K10's own is";
    return {
      unseen: `Kastellan may not list ${resource}, so of the ${kind}s only ${known} known by name; others that give as much are not seen.`,
    };
  }
}

function ruleOf({ apiGroups, resources, verbs, resourceNames }: V1PolicyRule): RbacRule {
  return {
    apiGroups: apiGroups ?? [],
    resources: resources ?? [],
    verbs,
    resourceNames: resourceNames ?? [],
  };
}

function roleOf({ roleRef }: AnyBinding): RoleGrant['role'] {
  return { kind: roleRef.kind === 'Role' ? 'Role' : 'ClusterRole', name: roleRef.name };
}

function subjectOf({ kind, name, namespace }: RbacV1Subject): RbacSubject {
  if (kind === 'ServiceAccount') return { kind, name, namespace: namespace ?? '' };
  return { kind: kind === 'Group' ? 'Group' : 'User', name };
}

// Helm notes the release on what it makes. Where something else applies the rendered chart, only the chart's own labels tell.
function makerOf(
  { labels = {}, annotations = {}, ...metadata }: V1ObjectMeta,
  { release, namespace }: ReleaseAddress,
): RoleGrant['binding']['madeBy'] {
  if (isOurs({ metadata: { ...metadata, labels } })) return 'kastellan';
  const byHelm =
    annotations['meta.helm.sh/release-name'] === release &&
    annotations['meta.helm.sh/release-namespace'] === namespace;
  return byHelm || (labels['app'] === 'k10' && labels['release'] === release) ? 'k10' : 'other';
}
