import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyDocumentedRights, SERVICE_ACCOUNT_USER } from './documented-rights.ts';
import { type Dashboard, type DashboardOptions, startDashboard } from './k10/dashboard.ts';
import { installK10, type K10Install } from './k10/install.ts';
import {
  createNamespace,
  deleteWaitingPods,
  installCustomResources,
  objectVersions,
} from './kubernetes/administer.ts';
import { type KubernetesSandbox, startKubernetes } from './kubernetes/server.ts';
import type { CertificateAuthority } from './tls/certificate-authority.ts';
import { Opened } from './tools/opened.ts';

const NAMESPACE = 'kasten-io';

/** A cluster of the sandbox with K10 in it. */
export interface K10Cluster {
  readonly name: string;
  readonly dashboard: Dashboard;
  /** An administrator's. */
  readonly kubeconfig: string;
  /** Kastellan's: a service account with the documented rights and no others. */
  readonly kastellanKubeconfig: string;
  /**
   * Traces of what was written to the cluster until now, a line each. Lines that are different later tell of writes in
   * between; what they name is for people to read.
   */
  traces(): Promise<string[]>;
  /** Pods that start from now on do not become ready; those that run go on. */
  holdNewPods(): Promise<void>;
  /** Lets pods become ready again, those that wait included. */
  releasePods(): Promise<void>;
  close(): Promise<void>;
}

/** One whose Kubernetes API is the in-memory one. */
export interface InMemoryK10Cluster extends K10Cluster {
  readonly kubernetes: KubernetesSandbox;
}

/** A Kubernetes API that somebody else started, in which no pods really run. */
export interface ControlPlane {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
  /** PEM text of the certificate authority. */
  readonly ca: string;
  /** A kubeconfig (YAML) of an administrator, or of a user or service account that exists. */
  kubeconfig(user?: string, groups?: readonly string[]): string | Promise<string>;
  /** A bearer token of a user in these groups. */
  userToken(user: string, groups?: readonly string[]): string;
  /** What becomes of pods that are made from now on. */
  newPods(fate: 'ready' | 'held'): Promise<void>;
}

export interface K10ClusterOptions {
  readonly name: string;
  readonly authority: CertificateAuthority;
  readonly home: string;
  readonly helm: string;
  readonly repositoryUrl: string;
  readonly rolloutDelayMs: number;
  /** Whether K10 trusts the certificate of the sandbox's Entra. */
  readonly trustsEntra: boolean;
  /** Chart version and values; `undefined` where no K10 is installed. */
  readonly install: Pick<K10Install, 'version' | 'values'> | undefined;
  /** Makes Kastellan's service account and gives it its rights; those of the documentation by default. */
  readonly giveRights?: GiveRights | undefined;
}

/** @param kubeconfig path of an administrator's kubeconfig; K10's namespace is there, Kastellan's is not */
export type GiveRights = (kubeconfig: string, helm: string) => Promise<void>;

/** Starts a cluster in memory and installs K10 in it, as a platform team finds it. */
export function startK10Cluster(options: K10ClusterOptions): Promise<InMemoryK10Cluster> {
  const opened = new Opened();
  return opened.orNothing(() => openK10Cluster(options, opened));
}

async function openK10Cluster(options: K10ClusterOptions, opened: Opened): Promise<InMemoryK10Cluster> {
  const tls = await options.authority.issue();
  const kubernetes = await opened.keep(
    startKubernetes({
      tls: { ...tls, ca: options.authority.certificate },
      rolloutDelayMs: options.rolloutDelayMs,
    }),
  );
  const dashboard = await opened.keep(startDashboard(dashboardOf(options, kubernetes, tls)));
  kubernetes.runtimes.push(dashboard.runtime);
  return {
    name: options.name,
    kubernetes,
    dashboard,
    ...(await furnish(options, kubernetes)),
    traces: async () =>
      kubernetes.requestLog.writes().map(({ method, path }, index) => `${index} ${method} ${path}`),
    holdNewPods: async () => kubernetes.gate.hold(),
    releasePods: async () => kubernetes.gate.release(),
    close: () => opened.close(),
  };
}

/** Installs K10, with the custom resources it needs, on a control plane that runs; closing leaves that as it is. */
export function startK10On(plane: ControlPlane, options: K10ClusterOptions): Promise<K10Cluster> {
  const opened = new Opened();
  return opened.orNothing(() => openK10On(plane, options, opened));
}

async function openK10On(
  plane: ControlPlane,
  options: K10ClusterOptions,
  opened: Opened,
): Promise<K10Cluster> {
  const tls = await options.authority.issue();
  const kubeconfig = await writeKubeconfig(options, options.name, plane.kubeconfig());
  const dashboard = await opened.keep(
    startDashboard({ ...dashboardOf(options, plane, tls), fromCluster: { pollMs: 100 } }),
  );
  const furnished = await furnish(options, plane);
  // After the chart: the API server would make the chart's APIServices itself for these, and Helm would find them taken.
  await installCustomResources(kubeconfig, ['kasten']);
  return {
    name: options.name,
    dashboard,
    ...furnished,
    traces: () => objectVersions(kubeconfig, NAMESPACE),
    holdNewPods: () => plane.newPods('held'),
    async releasePods() {
      await plane.newPods('ready');
      // A pretend pod's fate is that of its node: those that wait have to be made anew.
      await deleteWaitingPods(kubeconfig, NAMESPACE);
    },
    close: () => opened.close(),
  };
}

function dashboardOf(
  { authority, trustsEntra }: K10ClusterOptions,
  { url, ca, userToken }: Pick<ControlPlane, 'url' | 'ca' | 'userToken'>,
  tls: DashboardOptions['tls'],
): DashboardOptions {
  return {
    kubernetes: { url, ca, token: userToken('k10-stand-in', ['system:masters']) },
    namespace: NAMESPACE,
    release: 'k10',
    tls,
    ...(trustsEntra && { entraCa: authority.certificate }),
  };
}

/** Installs K10 where it is wanted, makes Kastellan's account, and writes both kubeconfigs. */
async function furnish(options: K10ClusterOptions, plane: Pick<ControlPlane, 'kubeconfig'>) {
  const { name, helm, repositoryUrl, install } = options;
  const kubeconfig = await writeKubeconfig(options, name, plane.kubeconfig());
  if (install !== undefined) await installK10({ helm, kubeconfig, repositoryUrl, ...install });
  else await createNamespace(kubeconfig, NAMESPACE);
  await (options.giveRights ?? applyDocumentedRights)(kubeconfig, helm);
  const own = plane.kubeconfig(SERVICE_ACCOUNT_USER);
  return { kubeconfig, kastellanKubeconfig: await writeKubeconfig(options, `kastellan-${name}`, own) };
}

async function writeKubeconfig(
  { home }: K10ClusterOptions,
  name: string,
  text: string | Promise<string>,
): Promise<string> {
  const path = join(home, `kubeconfig-${name}.yaml`);
  await writeFile(path, await text, { mode: 0o600 });
  return path;
}
