import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  RbacAuthorizationV1Api,
  setHeaderOptions,
  type V1Deployment,
  type V1PolicyRule,
} from '@kubernetes/client-node';
import { objectNames } from '../kubernetes/administer.ts';
import { unpackRecord } from '../tools/helm-record.ts';

const NAMESPACE = 'kasten-io';
const CREDENTIAL = 'kastellan-k10-oidc';
const OWN_CREDENTIAL = 'k10-oidc-auth';
const RECORD = 'sh.helm.release.v1.k10.v';
const MERGE_PATCH = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/** Something to be done with a resource; without a namespace, in the whole cluster. */
interface Deed {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace?: string;
}

/** An administrator's look at a cluster of any kind, and the one thing done to it by hand. */
export interface ClusterEyes {
  secretNames(): Promise<string[]>;
  /** `KIND NAME` of everything in K10's namespace and every cluster role and binding, without Helm's records. */
  objects(): Promise<string[]>;
  /** The user's values of each revision of the release that Helm has kept, oldest first. */
  releaseValues(): Promise<unknown[]>;
  /** A bearer token that the cluster takes. */
  readonly token: string;
  /** The client secret that K10 reads: in Kastellan's Secret, or in K10's own where the chart knows no reference. */
  secretInUse(): Promise<string | undefined>;
  /** The Deployments whose pods read a Secret with the client secret, in the order of their names. */
  readers(): Promise<string[]>;
  /** Which Deployments of K10 there are, with the number of times each was changed. */
  changes(): Promise<ReadonlyMap<string, number>>;
  /** How many seconds the cluster waits for a Deployment before it calls a rollout failed. */
  setPatience(seconds: number): Promise<void>;
  hasBinding(name: string): Promise<boolean>;
  deleteBinding(name: string): Promise<void>;
  /** All that `k10-admin` grants in the whole cluster, and the Role `k10-ns-admin` in K10's namespace. */
  deedsOfRoles(): Promise<Deed[]>;
  /** Those of the deeds that a member of just this group may not do, as the cluster answers. */
  refusedTo(group: string, deeds: readonly Deed[]): Promise<Deed[]>;
}

/** @param kubeconfigPath an administrator's */
export function openEyes(kubeconfigPath: string): ClusterEyes {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const rbac = config.makeApiClient(RbacAuthorizationV1Api);
  const authorization = config.makeApiClient(AuthorizationV1Api);
  const isAllowed = async (group: string, deed: Deed): Promise<boolean> => {
    const body = { spec: { groups: [group], resourceAttributes: { ...deed } } };
    const { status } = await authorization.createSubjectAccessReview({ body });
    return status?.allowed ?? false;
  };
  return {
    token: config.getCurrentUser()?.token ?? '',
    async objects() {
      const names = await objectNames(kubeconfigPath, NAMESPACE);
      return names.filter((name) => !name.startsWith(`Secret ${RECORD}`)).toSorted();
    },
    async releaseValues() {
      const { items } = await core.listNamespacedSecret({ namespace: NAMESPACE });
      const records = items.filter(({ metadata }) => metadata?.name?.startsWith(RECORD));
      const releases = records.map(
        ({ data }) => JSON.parse(unpackRecord(data)) as { version: number; config?: unknown },
      );
      return releases.toSorted((a, b) => a.version - b.version).map(({ config }) => config);
    },
    async secretNames() {
      const { items } = await core.listNamespacedSecret({ namespace: NAMESPACE });
      return items.flatMap(({ metadata }) => metadata?.name ?? []);
    },
    async secretInUse() {
      const { items } = await core.listNamespacedSecret({ namespace: NAMESPACE });
      const named = (name: string) => items.find(({ metadata }) => metadata?.name === name);
      // K10's own holds it only where the chart takes no reference; Kastellan's stands beside it in any case.
      const [text] = [OWN_CREDENTIAL, CREDENTIAL].flatMap(
        (name) => named(name)?.data?.['client-secret'] ?? [],
      );
      return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
    },
    async readers() {
      const { items } = await apps.listNamespacedDeployment({ namespace: NAMESPACE });
      const reads = ({ spec }: V1Deployment) =>
        spec?.template.spec?.volumes?.some(({ secret }) =>
          [CREDENTIAL, OWN_CREDENTIAL].includes(secret?.secretName ?? ''),
        );
      return items
        .filter(reads)
        .map(({ metadata }) => metadata?.name ?? '')
        .toSorted();
    },
    async changes() {
      const { items } = await apps.listNamespacedDeployment({ namespace: NAMESPACE });
      return new Map(items.map(({ metadata }) => [metadata?.name ?? '', metadata?.generation ?? 0]));
    },
    async setPatience(seconds) {
      const { items } = await apps.listNamespacedDeployment({ namespace: NAMESPACE });
      const body = { spec: { progressDeadlineSeconds: seconds } };
      for (const { metadata } of items) {
        const call = { name: metadata?.name ?? '', namespace: NAMESPACE, body };
        await apps.patchNamespacedDeployment(call, MERGE_PATCH);
      }
    },
    hasBinding: (name) =>
      rbac.readClusterRoleBinding({ name }).then(
        () => true,
        (thrown: unknown) => {
          if (thrown instanceof ApiException && thrown.code === 404) return false;
          throw thrown;
        },
      ),
    async deleteBinding(name) {
      await rbac.deleteClusterRoleBinding({ name });
    },
    async deedsOfRoles() {
      const [admin, own] = await Promise.all([
        rbac.readClusterRole({ name: 'k10-admin' }),
        rbac.readNamespacedRole({ name: 'k10-ns-admin', namespace: NAMESPACE }),
      ]);
      const inNamespace = deedsOf(own.rules).map((deed) => ({ ...deed, namespace: NAMESPACE }));
      return [...deedsOf(admin.rules), ...inNamespace];
    },
    async refusedTo(group, deeds) {
      const allowed = await Promise.all(deeds.map((deed) => isAllowed(group, deed)));
      return deeds.filter((_deed, index) => allowed[index] !== true);
    },
  };
}

// Rules for single objects and for addresses that are no resources are none of K10's.
function deedsOf(rules: readonly V1PolicyRule[] = []): Deed[] {
  return rules.flatMap(({ verbs, apiGroups = [], resources = [] }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) => resources.map((resource) => ({ verb, group, resource }))),
    ),
  );
}
