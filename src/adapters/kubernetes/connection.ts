import {
  type ApiConstructor,
  type ApiType,
  AppsV1Api,
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type KubeConfig,
  NetworkingV1Api,
  RbacAuthorizationV1Api,
  ServerConfiguration,
  VersionApi,
} from '@kubernetes/client-node';
import { KastellanError } from '../../domain/errors.ts';
import type { WatchCall } from '../../ports/telemetry.ts';
import { unwatched } from '../unwatched.ts';
import { KeptConnections } from './kept-connections.ts';
import { RawObjects } from './raw-objects.ts';
import { watchedTransport } from './transport.ts';

/** How the Kubernetes API is reached: by a kubeconfig (its current context unless named), or as a pod in the cluster. */
export interface ConnectionOptions {
  readonly kubeconfigPath?: string;
  readonly context?: string;
  readonly inCluster?: boolean;
  /** Told of every call, with the cluster's name in the configuration; nobody is unless told. */
  readonly watch?: WatchCall;
  readonly clusterName?: string;
}

export interface Connection {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly rbac: RbacAuthorizationV1Api;
  readonly networking: NetworkingV1Api;
  readonly authentication: AuthenticationV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly custom: CustomObjectsApi;
  /** Objects of any kind. */
  readonly objects: RawObjects;
  readonly version: VersionApi;
}

// The client itself waits for ever.
const CALL_TIMEOUT_MS = 20_000;

/**
 * Opens a cluster; nothing is sent yet.
 * @throws KastellanError `kubernetes.kubeconfig-missing`, `kubernetes.context-missing`
 */
export function connect(options: ConnectionOptions): Connection {
  const config = loadConfig(options);
  const client = clientMaker(config, options);
  return {
    config,
    core: client(CoreV1Api),
    apps: client(AppsV1Api),
    rbac: client(RbacAuthorizationV1Api),
    networking: client(NetworkingV1Api),
    authentication: client(AuthenticationV1Api),
    authorization: client(AuthorizationV1Api),
    custom: client(CustomObjectsApi),
    objects: client(RawObjects),
    version: client(VersionApi),
  };
}

function loadConfig(options: ConnectionOptions): KubeConfig {
  const config = new KeptConnections();
  if (options.inCluster === true) {
    config.loadFromCluster();
    return config;
  }
  const path = options.kubeconfigPath;
  if (path === undefined) {
    throw new KastellanError({
      code: 'kubernetes.kubeconfig-missing',
      message: 'The configuration names no kubeconfig, and Kastellan does not run inside the cluster.',
      hint: 'Name a kubeconfig for this cluster.',
    });
  }
  try {
    config.loadFromFile(path);
  } catch (cause) {
    throw new KastellanError({
      code: 'kubernetes.kubeconfig-missing',
      message: `The kubeconfig ${path} cannot be read.`,
      hint: 'Correct the path in the configuration, or mount the file.',
      // A parser quotes what it does not understand, and a kubeconfig is made of secrets.
      cause: cause instanceof Error ? cause.name : undefined,
    });
  }
  chooseContext(config, options.context);
  return config;
}

function chooseContext(config: KubeConfig, context: string | undefined): void {
  if (context !== undefined) config.setCurrentContext(context);
  if (config.getCurrentCluster() !== null) return;
  throw new KastellanError({
    code: 'kubernetes.context-missing',
    message: `The kubeconfig has no context "${config.getCurrentContext()}".`,
    hint: 'Correct the context in the configuration: "kubectl config get-contexts" lists them.',
  });
}

function clientMaker(
  config: KubeConfig,
  { watch = unwatched, clusterName }: ConnectionOptions,
): <Api extends ApiType>(api: ApiConstructor<Api>) => Api {
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(config.getCurrentCluster()?.server ?? '', {}),
    authMethods: { default: config },
    httpApi: watchedTransport(watch, clusterName),
    promiseMiddleware: [
      {
        pre: async (request) => {
          request.setSignal(AbortSignal.timeout(CALL_TIMEOUT_MS));
          return request;
        },
        post: async (response) => response,
      },
    ],
  });
  return (api) => new api(configuration);
}
