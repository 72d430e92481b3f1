import { join } from 'node:path';
import pLimit from 'p-limit';
import { type Breaker, createBreaker, guarded } from '../adapters/circuit-breaker.ts';
import type { Settings } from '../config/load.ts';
import type { ClusterConfiguration } from '../config/schema.ts';
import { KastellanError } from '../domain/errors.ts';
import type { Cluster, ClusterAccess, OpenCluster } from '../ports/cluster.ts';
import type { Releases } from '../ports/releases.ts';
import type { Log, WatchCall } from '../ports/telemetry.ts';

export interface OpenOptions {
  /** Told of each call and each run of Helm; nobody is unless told. */
  readonly watch?: WatchCall;
  /** Told when a cluster is found away, and when it is back. */
  onAway?(cluster: string, away: boolean): void;
}

// On two cores more of them are not quicker, and each takes its memory.
const HELMS_AT_ONCE = 4;

/**
 * Loads the Kubernetes and Helm adapters, which a process that only speaks with Slack does without, and opens clusters
 * when they are first asked for.
 * What it returns throws KastellanError `cluster.no-way`, `cluster.unknown`.
 */
export async function openClusters(
  settings: Settings,
  log: Log,
  { watch, onAway }: OpenOptions = {},
): Promise<OpenCluster> {
  const [{ createCluster }, { createReleases }, { createChartChecks }] = await Promise.all([
    import('../adapters/kubernetes/cluster.ts'),
    import('../adapters/helm/releases.ts'),
    import('../adapters/helm/chart-checks.ts'),
  ]);
  const checkChart = createChartChecks();
  const limit = pLimit(HELMS_AT_ONCE);
  const { environment } = settings;
  const open = new Map<string, ClusterAccess>();

  function breakerOf(name: string): Breaker {
    return createBreaker({
      onChange: (away) => {
        log.warn({ cluster: name, away }, away ? 'A cluster does not answer' : 'A cluster answers again');
        onAway?.(name, away);
      },
    });
  }

  function build(configured: ClusterConfiguration): ClusterAccess {
    const { namespace, release, chart, helm } = configured;
    const own = accessOf(configured, settings);
    const watched = { clusterName: configured.name, ...(watch !== undefined && { watch }) };
    const { accessLevels: levels } = settings.configuration;
    const common = { ...watched, namespace, release, levels, log };
    const cluster = createCluster({ ...own, ...common, rightsOf: helm === undefined ? 'both' : 'kastellan' });
    const forHelm =
      helm === undefined ? undefined : createCluster({ ...fileOf(helm), ...common, rightsOf: 'helm' });
    const releases = createReleases({
      ...watched,
      helm: environment.KASTELLAN_HELM,
      access: helm === undefined ? helmAccess(own, settings) : fileOf(helm),
      namespace,
      release,
      chart: {
        name: chart.name,
        repository: chart.repository,
        ...(chart.path !== undefined && { path: chart.path }),
      },
      cacheDir: join(environment.KASTELLAN_DATA_DIR, 'helm', configured.name),
      environment: helmEnvironment(settings),
      checkChart,
      limit,
      records: (forHelm ?? cluster).helmRecords,
      reviewRights: (objects) => (forHelm ?? cluster).reviewUpgradeRights(objects),
      log,
    });
    const check = async () => [...(await releases.check()), ...((await forHelm?.check()) ?? [])];
    // Helm's account is one of Kastellan's own, too.
    const readRoleGrants: Cluster['readRoleGrants'] = async () => {
      const [seen, helmAccount] = await Promise.all([cluster.readRoleGrants(), forHelm?.whoAmI()]);
      return {
        ...seen,
        ownAccounts: [...seen.ownAccounts, ...(helmAccount === undefined ? [] : [helmAccount])],
      };
    };
    const breaker = breakerOf(configured.name);
    return {
      // Helm's own account may read what it is to change.
      cluster: guarded<Cluster>(
        { ...cluster, readRoleGrants, readObjects: (forHelm ?? cluster).readObjects },
        breaker,
        ['check', 'watchDeployments'],
      ),
      // A chart comes from its repository, not from the cluster.
      releases: guarded<Releases>({ ...releases, check }, breaker, ['check', 'checkChart']),
      away: breaker.away,
    };
  }

  return (name) => {
    const known = open.get(name);
    if (known !== undefined) return known;
    const access = build(findCluster(settings, name));
    open.set(name, access);
    return access;
  };
}

type Access = { readonly kubeconfigPath: string; readonly context?: string } | { readonly inCluster: true };

/** How the cluster of a setting is reached: by its kubeconfig, else by `KUBECONFIG`, else as a pod in it. */
export function accessOf(
  { kubeconfig, context }: Pick<ClusterConfiguration, 'kubeconfig' | 'context'>,
  { environment }: Settings,
): Access {
  const path = kubeconfig ?? environment.KUBECONFIG;
  return path === undefined ? { inCluster: true } : fileOf({ kubeconfig: path, context });
}

function fileOf({ kubeconfig, context }: { kubeconfig: string; context?: string | undefined }) {
  return { kubeconfigPath: kubeconfig, ...(context !== undefined && { context }) };
}

function helmAccess(access: Access, settings: Settings) {
  return 'inCluster' in access ? inCluster(settings) : access;
}

/** A process that only speaks with Slack loads no Kubernetes client. */
export function reachesClusters({ environment }: Settings): boolean {
  return environment.KASTELLAN_ROLES.some((role) => role !== 'slack');
}

/** For processes without the role `worker`: they never reach into a cluster. */
export const noClusters: OpenCluster = (name) => {
  throw new KastellanError({
    code: 'cluster.not-here',
    message: `This process does not work on clusters, so it cannot open ${name}.`,
    hint: 'Run a process with the role worker.',
  });
};

function findCluster({ configuration }: Settings, name: string): ClusterConfiguration {
  const configured = configuration.clusters.find((cluster) => cluster.name === name);
  if (configured !== undefined) return configured;
  const known = configuration.clusters.map((cluster) => cluster.name).join(', ');
  throw new KastellanError({
    code: 'cluster.unknown',
    message: `There is no cluster called ${name}.`,
    hint: `Known are: ${known}.`,
  });
}

function inCluster({ environment }: Settings): { inCluster: { host: string; port: string } } {
  const host = environment.KUBERNETES_SERVICE_HOST;
  if (host === undefined) {
    throw new KastellanError({
      code: 'cluster.no-way',
      message: 'Kastellan does not run in a cluster, and no kubeconfig is named.',
      hint: 'Set kubeconfig for this cluster in kastellan.yaml, or the variable KUBECONFIG.',
    });
  }
  return { inCluster: { host, port: environment.KUBERNETES_SERVICE_PORT } };
}

function helmEnvironment({ environment }: Settings): Record<string, string> {
  const { PATH, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, GOGC, GOMEMLIMIT } = environment;
  const wanted = { PATH, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, GOGC, GOMEMLIMIT };
  return Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
