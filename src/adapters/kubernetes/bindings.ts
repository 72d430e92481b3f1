import type { V1ClusterRoleBinding, V1RoleBinding } from '@kubernetes/client-node';
import { KastellanError } from '../../domain/errors.ts';
import type { RoleName } from '../../domain/setup/naming.ts';
import type { Binding, Cluster } from '../../ports/cluster.ts';
import type { Connection } from './connection.ts';
import { ask, type Call, find } from './errors.ts';
import { FIELD_MANAGER, isOurs, OWN_LABELS, SERVER_SIDE_APPLY } from './ownership.ts';

type AnyBinding = V1ClusterRoleBinding | V1RoleBinding;
type Bindings = Pick<
  Cluster,
  'roleExists' | 'namespaceExists' | 'listBindings' | 'applyBinding' | 'suspendBinding' | 'deleteBinding'
>;
/** The namespace of a RoleBinding; undefined for a ClusterRoleBinding. */
type Place = string | undefined;

const RBAC = 'rbac.authorization.k8s.io';

/**
 * Bindings of a role to groups: RoleBindings in K10's namespace for a Role, and in its own for a ClusterRole that belongs
 * into one namespace (`RoleName.boundIn`); ClusterRoleBindings for any other.
 * Raises `kubernetes.binding-not-ours` rather than touch a binding of that name that somebody else made.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export function createBindings({ core, rbac }: Connection, namespace: string): Bindings {
  const placeOf = (role: RoleName): Place => (role.kind === 'Role' ? namespace : role.boundIn);

  function roleCall(verb: string, { kind, name }: RoleName): Call {
    const resource = `${kind === 'ClusterRole' ? 'clusterroles' : 'roles'}.${RBAC}`;
    return { verb, resource, name, ...(kind === 'Role' ? { namespace } : {}) };
  }

  async function roleExists(role: RoleName): Promise<boolean> {
    const { name } = role;
    const found = await find(roleCall('get', role), async () =>
      role.kind === 'ClusterRole'
        ? rbac.readClusterRole({ name })
        : rbac.readNamespacedRole({ name, namespace }),
    );
    return found !== undefined;
  }

  async function namespaceExists(name: string): Promise<boolean> {
    const call = { verb: 'get', resource: 'namespaces', name };
    return (await find(call, () => core.readNamespace({ name }))) !== undefined;
  }

  async function listIn(place: Place, role: RoleName): Promise<AnyBinding[]> {
    const list = await ask(bindingCall('list', place), async () =>
      place === undefined
        ? rbac.listClusterRoleBinding()
        : rbac.listNamespacedRoleBinding({ namespace: place }),
    );
    return list.items.filter(({ roleRef }) => roleRef.kind === role.kind && roleRef.name === role.name);
  }

  async function listBindings(role: RoleName): Promise<Binding[]> {
    const { boundIn } = role;
    if (boundIn === undefined) return (await listIn(placeOf(role), role)).map((item) => describe(item, role));
    // Without the namespace nobody can have rights in it, so the list would be refused.
    const inPlace = async () => ((await namespaceExists(boundIn)) ? listIn(boundIn, role) : []);
    const [fitting, wide] = await Promise.all([inPlace(), listIn(undefined, role)]);
    return [
      ...fitting.map((item) => describe(item, role)),
      ...wide.map((item) => ({ ...describe(item, role), tooWide: true as const })),
    ];
  }

  function read(name: string, place: Place): Promise<AnyBinding | undefined> {
    return find(
      bindingCall('get', place, name),
      async (): Promise<AnyBinding> =>
        place === undefined
          ? rbac.readClusterRoleBinding({ name })
          : rbac.readNamespacedRoleBinding({ name, namespace: place }),
    );
  }

  async function apply(name: string, role: RoleName, groups: readonly string[]): Promise<void> {
    const place = placeOf(role);
    const present = await read(name, place);
    if (present !== undefined) {
      checkOurs(present, name);
      // What a binding refers to cannot be changed: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example
      if (present.roleRef.kind !== role.kind || present.roleRef.name !== role.name)
        await remove(present, place);
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
    const handsOut = `${roleCall('bind', role).resource} "${role.name}"`;
    await ask<unknown>({ ...bindingCall('patch', place, name), role: handsOut }, async () =>
      place === undefined
        ? rbac.patchClusterRoleBinding(
            { ...options, body: { ...body, kind: 'ClusterRoleBinding' } },
            SERVER_SIDE_APPLY,
          )
        : rbac.patchNamespacedRoleBinding(
            { ...options, namespace: place, body: { ...body, kind: 'RoleBinding' } },
            SERVER_SIDE_APPLY,
          ),
    );
  }

  async function applyBinding(name: string, role: RoleName, group: string): Promise<void> {
    await apply(name, role, [group]);
    await removeTooWide(name, role);
  }

  // What is too wide goes first: whatever fails then, it lets nobody in any more.
  async function suspendBinding(name: string, role: RoleName): Promise<void> {
    await removeTooWide(name, role);
    await apply(name, role, []);
  }

  async function deleteBinding(name: string, role: RoleName): Promise<void> {
    await removeTooWide(name, role);
    if (role.boundIn !== undefined && !(await namespaceExists(role.boundIn))) return;
    const place = placeOf(role);
    const present = await read(name, place);
    if (present === undefined) return;
    checkOurs(present, name);
    await remove(present, place);
  }

  // Kastellan once bound every ClusterRole in the whole cluster.
  async function removeTooWide(name: string, role: RoleName): Promise<void> {
    if (role.boundIn === undefined) return;
    const present = await read(name, undefined);
    if (present === undefined || !isOurs(present) || present.roleRef.name !== role.name) return;
    await remove(present, undefined);
  }

  // The UID keeps it from deleting a binding that somebody made under the same name in between.
  async function remove(binding: AnyBinding, place: Place): Promise<void> {
    const name = binding.metadata?.name ?? '';
    const uid = binding.metadata?.uid;
    const body = uid === undefined ? {} : { preconditions: { uid } };
    await find<unknown>(bindingCall('delete', place, name), async () =>
      place === undefined
        ? rbac.deleteClusterRoleBinding({ name, body })
        : rbac.deleteNamespacedRoleBinding({ name, namespace: place, body }),
    );
  }

  return {
    roleExists,
    namespaceExists,
    listBindings,
    applyBinding,
    suspendBinding: suspendBinding,
    deleteBinding,
  };
}

function bindingCall(verb: string, place: Place, name?: string): Call {
  const kind = place === undefined ? 'clusterrolebindings' : 'rolebindings';
  return {
    verb,
    resource: `${kind}.${RBAC}`,
    ...(name === undefined ? {} : { name }),
    ...(place === undefined ? {} : { namespace: place }),
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
