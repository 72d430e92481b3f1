import type { V1ClusterRoleBinding, V1RoleBinding } from '@kubernetes/client-node';
import { KastellanError } from '../../domain/errors.ts';
import type { RoleName } from '../../domain/naming.ts';
import type { Binding, Cluster } from '../../ports.ts';
import type { Connection } from './connection.ts';
import { ask, type Call, find } from './errors.ts';
import { FIELD_MANAGER, isOurs, OWN_LABELS, SERVER_SIDE_APPLY } from './ownership.ts';

type AnyBinding = V1ClusterRoleBinding | V1RoleBinding;
type Bindings = Pick<
  Cluster,
  'roleExists' | 'listBindings' | 'applyBinding' | 'restBinding' | 'deleteBinding'
>;

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Bindings of a role to groups: ClusterRoleBindings for a ClusterRole, RoleBindings in K10's namespace for a Role.
 * Raises `kubernetes.binding-not-ours` rather than touch a binding of that name that somebody else made.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function createBindings({ rbac }: Connection, namespace: string): Bindings {
  function call(verb: string, role: RoleName, what: 'role' | 'binding', name?: string): Call {
    const kind = role.kind === 'ClusterRole' ? 'clusterrole' : 'role';
    const resource = `${kind}${what === 'binding' ? 'bindings' : 's'}.${RBAC}`;
    return {
      verb,
      resource,
      ...(name === undefined ? {} : { name }),
      ...(role.kind === 'Role' ? { namespace } : {}),
    };
  }

  async function roleExists(role: RoleName): Promise<boolean> {
    const { name } = role;
    const found = await find(call('get', role, 'role', name), async () =>
      role.kind === 'ClusterRole'
        ? rbac.readClusterRole({ name })
        : rbac.readNamespacedRole({ name, namespace }),
    );
    return found !== undefined;
  }

  async function listBindings(role: RoleName): Promise<Binding[]> {
    const list = await ask(call('list', role, 'binding'), async () =>
      role.kind === 'ClusterRole'
        ? rbac.listClusterRoleBinding()
        : rbac.listNamespacedRoleBinding({ namespace }),
    );
    return list.items
      .filter((item) => item.roleRef.kind === role.kind && item.roleRef.name === role.name)
      .map((item) => describe(item, role));
  }

  function read(name: string, role: RoleName): Promise<AnyBinding | undefined> {
    return find(
      call('get', role, 'binding', name),
      async (): Promise<AnyBinding> =>
        role.kind === 'ClusterRole'
          ? rbac.readClusterRoleBinding({ name })
          : rbac.readNamespacedRoleBinding({ name, namespace }),
    );
  }

  async function apply(name: string, role: RoleName, groups: readonly string[]): Promise<void> {
    const present = await read(name, role);
    if (present !== undefined) {
      checkOurs(present, name);
      // What a binding refers to cannot be changed: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example
      if (present.roleRef.kind !== role.kind || present.roleRef.name !== role.name)
        await remove(present, role);
    }
    const body = {
      apiVersion: `${RBAC}/v1`,
      metadata: { name, labels: OWN_LABELS },
      roleRef: { apiGroup: RBAC, kind: role.kind, name: role.name },
      // An empty list and none are not the same to server-side apply: only what is left out is taken away.
      ...(groups.length > 0 && {
        subjects: groups.map((group) => ({ apiGroup: RBAC, kind: 'Group', name: group })),
      }),
    };
    const options = { name, fieldManager: FIELD_MANAGER, force: present !== undefined };
    const handsOut = `${call('bind', role, 'role').resource} "${role.name}"`;
    await ask<unknown>({ ...call('patch', role, 'binding', name), role: handsOut }, async () =>
      role.kind === 'ClusterRole'
        ? rbac.patchClusterRoleBinding(
            { ...options, body: { ...body, kind: 'ClusterRoleBinding' } },
            SERVER_SIDE_APPLY,
          )
        : rbac.patchNamespacedRoleBinding(
            { ...options, namespace, body: { ...body, kind: 'RoleBinding' } },
            SERVER_SIDE_APPLY,
          ),
    );
  }

  async function deleteBinding(name: string, role: RoleName): Promise<void> {
    const present = await read(name, role);
    if (present === undefined) return;
    checkOurs(present, name);
    await remove(present, role);
  }

  // The UID keeps it from deleting a binding that somebody made under the same name in between.
  async function remove(binding: AnyBinding, role: RoleName): Promise<void> {
    const name = binding.metadata?.name ?? '';
    const uid = binding.metadata?.uid;
    const body = uid === undefined ? {} : { preconditions: { uid } };
    await find<unknown>(call('delete', role, 'binding', name), async () =>
      role.kind === 'ClusterRole'
        ? rbac.deleteClusterRoleBinding({ name, body })
        : rbac.deleteNamespacedRoleBinding({ name, namespace, body }),
    );
  }

  return {
    roleExists,
    listBindings,
    applyBinding: (name, role, group) => apply(name, role, [group]),
    restBinding: (name, role) => apply(name, role, []),
    deleteBinding,
  };
}

function describe(item: AnyBinding, role: RoleName): Binding {
  const groups = (item.subjects ?? []).filter((subject) => subject.kind === 'Group').map(({ name }) => name);
  return { name: item.metadata?.name ?? '', role, groups, managedByKastellan: isOurs(item) };
}

function checkOurs(binding: AnyBinding, name: string): void {
  if (isOurs(binding)) return;
  throw new KastellanError({
    code: 'kubernetes.binding-not-ours',
    message: `There is a binding "${name}" that Kastellan did not make; it is left as it is.`,
    hint: 'Rename or delete that binding, or choose another access level name.',
  });
}
