import {
  ApiException,
  AuthorizationV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import type { ConcreteRight } from '../../../src/adapters/kubernetes/rights.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

/** What the people around Kastellan do to a cluster: create, look at and delete any object. */
export interface Admin {
  create(object: JsonObject): Promise<void>;
  /** The object of this kind and name, or `undefined`. */
  read(kind: string, name: string, namespace?: string): Promise<JsonObject | undefined>;
  /** Merges fields into an object. */
  merge(object: JsonObject): Promise<void>;
  /** Sets the state of a custom object of K10's. */
  setState(
    which: { group: string; plural: string; namespace: string; name: string },
    state: string,
  ): Promise<void>;
  remove(object: JsonObject): Promise<void>;
  /** Whether a user has a right. */
  mayUser(user: string, right: ConcreteRight): Promise<boolean>;
}

const VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
};

/** Opens a cluster as its administrator. */
export function openAdmin(kubeconfigPath: string): Admin {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const api = KubernetesObjectApi.makeApiClient(config);
  const custom = config.makeApiClient(CustomObjectsApi);
  const authorization = config.makeApiClient(AuthorizationV1Api);
  const typed = (object: JsonObject): KubernetesObject => structuredClone(object) as KubernetesObject;
  return {
    create: async (object) => {
      await api.create(typed(object));
    },
    read: async (kind, name, namespace) => {
      const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
      try {
        const found = await api.read({ apiVersion: VERSIONS[kind] ?? 'v1', kind, metadata });
        return JSON.parse(JSON.stringify(found)) as JsonObject;
      } catch (problem) {
        if (problem instanceof ApiException && problem.code === 404) return undefined;
        throw problem;
      }
    },
    merge: async (object) => {
      await api.patch(
        typed(object),
        undefined,
        undefined,
        'somebody',
        undefined,
        'application/merge-patch+json',
      );
    },
    setState: async ({ group, plural, namespace, name }, state) => {
      await custom.patchNamespacedCustomObjectStatus(
        { group, version: 'v1alpha1', plural, namespace, name, body: { status: { state } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      );
    },
    remove: async (object) => {
      await api.delete(typed(object));
    },
    mayUser: async (user, { verb, group, resource, name, namespace }) => {
      const [kind = '', subresource] = resource.split('/');
      const resourceAttributes = {
        verb,
        group,
        resource: kind,
        ...(subresource !== undefined && { subresource }),
        ...(name !== undefined && { name }),
        ...(namespace !== undefined && { namespace }),
      };
      const { status } = await authorization.createSubjectAccessReview({
        body: { spec: { user, resourceAttributes } },
      });
      return status?.allowed === true;
    },
  };
}
