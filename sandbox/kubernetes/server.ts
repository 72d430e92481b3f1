import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Catalog } from './catalog.ts';
import { startControllers } from './controllers.ts';
import { type CustomFamily, definitionsOf } from './custom-kinds.ts';
import { Faults } from './faults.ts';
import { handle } from './http-server.ts';
import type { JsonObject } from './json.ts';
import { builtInKind } from './kinds.ts';
import { kubeconfigText } from './kubeconfig.ts';
import type { KubeObject } from './objects.ts';
import { PodGate } from './pod-gate.ts';
import { PodLogs } from './pod-logs.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { Authorizer, masters } from './rbac.ts';
import { Registry } from './registry.ts';
import { RequestLog } from './request-log.ts';
import { seed } from './seed.ts';
import { ObjectStore } from './store.ts';
import { TokenBook } from './users.ts';

const API_IDLE_MS = 90_000;

export interface KubernetesOptions {
  /** PEM texts; the certificate must be good for 127.0.0.1, `ca` is what clients shall trust. */
  tls: { key: string; cert: string; ca: string };
  /** 0 or absent: the operating system picks one. */
  port?: number;
  /** The clock behind timestamps in objects. */
  now?: () => Date;
  /** How long a pod takes from being scheduled to starting its containers; 50 by default. */
  rolloutDelayMs?: number;
  /** How long a crashed container waits to start again, doubled each time; 1000 by default. */
  restartBackoffMs?: number;
  /** Which custom resources are installed; by default those that every K10 brings. */
  customResources?: readonly CustomFamily[];
  /** Who plays the containers; more can be added to `runtimes` later. */
  runtimes?: readonly PodRuntime[];
}

/** A running cluster. */
export interface KubernetesSandbox {
  /** `https://127.0.0.1:PORT` */
  url: string;
  /** PEM text of the certificate authority. */
  ca: string;
  /**
   * A kubeconfig (YAML) with a bearer token. Without a user it is an administrator (`system:masters`); otherwise a user
   * name or `system:serviceaccount:NAMESPACE:NAME`, with the groups given.
   */
  kubeconfig(user?: string, groups?: readonly string[]): string;
  /** A bearer token of a service account; it works only as long as the account exists. */
  tokenFor(namespace: string, name: string): string;
  /** A bearer token of a user in these groups. */
  userToken(user: string, groups?: readonly string[]): string;
  /** All objects, for tests to look at; resources are named `secrets`, `deployments.apps`. */
  store: ObjectStore;
  /** Creates a built-in object (`deployments.apps`, ...) as an administrator. */
  create(resource: string, object: JsonObject): KubeObject;
  /** Installs the CustomResourceDefinitions of a family. */
  installCustomResources(family: CustomFamily): void;
  requestLog: RequestLog;
  faults: Faults;
  /** Whether pods may start. */
  gate: PodGate;
  /** Asked in order who plays a pod; see `PodRuntime`. */
  runtimes: PodRuntime[];
  /** Stops every pod and the server. */
  close(): Promise<void>;
}

/** Starts an in-memory Kubernetes API with RBAC, a Deployment controller and a pretend kubelet on 127.0.0.1. */
export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesSandbox> {
  const now = options.now ?? (() => new Date());
  const store = new ObjectStore();
  const registry = new Registry(store, now);
  const [tokens, catalog, authorizer] = [new TokenBook(store), new Catalog(store), new Authorizer(store)];
  const [faults, requestLog, podLogs] = [new Faults(), new RequestLog(), new PodLogs()];
  const gate = new PodGate();
  const runtimes = [...(options.runtimes ?? [])];
  const { ca } = options.tls;
  const controllers = startControllers({
    store,
    registry,
    catalog,
    tokens,
    podLogs,
    gate,
    runtimes,
    now,
    ca,
    rolloutDelayMs: options.rolloutDelayMs ?? 50,
    restartBackoffMs: options.restartBackoffMs ?? 1000,
  });
  seed(registry);
  const installCustomResources = (family: CustomFamily) => {
    const kind = builtInKind('customresourcedefinitions.apiextensions.k8s.io');
    for (const body of definitionsOf(family)) registry.create(kind, '', body, { manager: 'sandbox' });
  };
  for (const family of options.customResources ?? ['kasten']) installCustomResources(family);

  const cluster = { store, catalog, registry, authorizer, tokens };
  const parts = { cluster, faults, requestLog, podLogs };
  const server = createServer(
    { key: options.tls.key, cert: options.tls.cert },
    (request: IncomingMessage, response: ServerResponse) => void handle(parts, request, response),
  );
  // As an API server does: whoever calls closes an idle connection first, and never finds it closed as they write.
  server.keepAliveTimeout = API_IDLE_MS;
  const url = `https://127.0.0.1:${await listen(server, options.port ?? 0)}`;
  return {
    url,
    ca,
    kubeconfig: (user = 'admin', groups) => {
      const token = tokens.issue(user, groups ?? (user === 'admin' ? [masters] : []));
      return kubeconfigText({ url, ca, token, user });
    },
    tokenFor: (namespace, name) => tokens.issue(`system:serviceaccount:${namespace}:${name}`),
    userToken: (user, groups) => tokens.issue(user, groups),
    store,
    create: (resource, object) => createAs(registry, resource, object),
    installCustomResources,
    requestLog,
    faults,
    gate,
    runtimes,
    close: async () => {
      await controllers.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function createAs(registry: Registry, resource: string, object: JsonObject): KubeObject {
  const kind = builtInKind(resource);
  const namespace = (object['metadata'] as { namespace?: string } | undefined)?.namespace ?? '';
  return registry.create(kind, namespace, object, { manager: 'sandbox' });
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
