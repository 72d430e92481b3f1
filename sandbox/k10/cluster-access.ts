import {
  AppsV1Api,
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  type V1Deployment,
} from '@kubernetes/client-node';
import type { SessionClaims } from './session-token.ts';

/** How to reach the cluster, and as whom. */
export interface ClusterAddress {
  url: string;
  /** PEM. */
  ca: string;
  /** A bearer token of somebody who may ask what others may do and, without pods, read K10's Secrets. */
  token: string;
}

/** Something one may do with a resource; an empty namespace means the whole cluster. */
interface Right {
  verb: string;
  group: string;
  resource: string;
  namespace: string;
}

/** What K10 asks of the cluster it runs in. */
export interface ClusterAccess {
  can(who: SessionClaims, right: Right): Promise<boolean>;
  /** Who holds a bearer token, or undefined. */
  holderOf(token: string): Promise<SessionClaims | undefined>;
  namespaces(): Promise<string[]>;
  deployment(namespace: string, name: string): Promise<V1Deployment>;
  /** The files in a Secret or ConfigMap. Raises ApiException 404 if it is not there. */
  files(kind: 'Secret' | 'ConfigMap', namespace: string, name: string): Promise<Map<string, Buffer>>;
}

/** Opens the cluster; nothing is sent yet. */
export function openCluster(address: ClusterAddress): ClusterAccess {
  const config = new KubeConfig();
  const caData = Buffer.from(address.ca).toString('base64');
  config.loadFromOptions({
    clusters: [{ name: 'k10', server: address.url, caData }],
    users: [{ name: 'k10', token: address.token }],
    contexts: [{ name: 'k10', cluster: 'k10', user: 'k10' }],
    currentContext: 'k10',
  });
  const core = config.makeApiClient(CoreV1Api);
  const authorization = config.makeApiClient(AuthorizationV1Api);
  const authentication = config.makeApiClient(AuthenticationV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  return {
    async can({ user, groups }, right) {
      const { status } = await authorization.createSubjectAccessReview({
        body: { spec: { user, groups: [...groups, 'system:authenticated'], resourceAttributes: right } },
      });
      return status?.allowed ?? false;
    },
    async holderOf(token) {
      const { status } = await authentication.createTokenReview({ body: { spec: { token } } });
      if (!status?.authenticated) return undefined;
      return { user: status.user?.username ?? '', groups: status.user?.groups ?? [] };
    },
    async namespaces() {
      const { items } = await core.listNamespace();
      return items.flatMap(({ metadata }) => metadata?.name ?? []);
    },
    deployment: (namespace, name) => apps.readNamespacedDeployment({ namespace, name }),
    async files(kind, namespace, name) {
      if (kind === 'Secret') {
        const { data = {} } = await core.readNamespacedSecret({ namespace, name });
        return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64')]));
      }
      const { data = {} } = await core.readNamespacedConfigMap({ namespace, name });
      return new Map(Object.entries(data).map(([key, value]) => [key, Buffer.from(value)]));
    },
  };
}
