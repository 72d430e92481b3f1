import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { APPROVERS_HANDLE, CAST, CHANNELS } from './cast.ts';
import { SandboxClock } from './clock.ts';
import type { Knobs } from './entra/knobs.ts';
import type { EntraSeed } from './entra/seed.ts';
import { type Entra, startEntra } from './entra/start-entra.ts';
import { OWN_CLIENT_ID, OWN_SECRET, tenant, workspace } from './inhabitants.ts';
import { type ChartPackage, chartVersions } from './k10/chart-packages.ts';
import { type ChartRepository, startChartRepository } from './k10/chart-repository.ts';
import type { Dashboard } from './k10/dashboard.ts';
import { readGivenChart } from './k10/given-chart.ts';
import { type K10Install, plainValues } from './k10/install.ts';
import {
  type ControlPlane,
  type GiveRights,
  type InMemoryK10Cluster,
  type K10Cluster,
  type K10ClusterOptions,
  startK10Cluster,
  startK10On,
} from './k10-cluster.ts';
import type { KubernetesSandbox } from './kubernetes/server.ts';
import type { SlackOptions } from './slack/options.ts';
import { type SlackSandbox, startSlack } from './slack/start.ts';
import { type CertificateAuthority, createAuthority, writeAuthority } from './tls/certificate-authority.ts';
import { helmBinary } from './tools/helm.ts';
import { Opened } from './tools/opened.ts';

export interface SandboxOptions {
  /** A folder for the configuration, the certificate and Kastellan's data. */
  readonly home: string;
  /** Port of the Slack page; any free one by default. */
  readonly slackPort?: number;
  readonly helm?: 3 | 4;
  /** How long a new client secret is refused by Entra's token service, in milliseconds. */
  readonly secretAcceptedAfterMs?: number;
  /** How long a pod takes to start, in milliseconds. */
  readonly rolloutDelayMs?: number;
  /** How Entra misbehaves from the start. */
  readonly knobs?: Partial<Knobs>;
  /** How Slack reaches Kastellan; Socket Mode by default. */
  readonly slackMode?: 'socket' | 'http';
  /** Names of the clusters; `prod-eu` alone by default. */
  readonly clusters?: readonly string[];
  /** Version and values of K10's chart in every cluster; `none` where no K10 is installed. */
  readonly k10?: Pick<K10Install, 'version' | 'values'> | 'none';
  /** The path of a packed chart (.tgz) of K10, such as the real one, instead of the sandbox's own. */
  readonly chartArchive?: string | undefined;
  /** Whether K10 trusts the certificate of the sandbox's Entra; it does by default. */
  readonly k10TrustsEntra?: boolean;
  /** How Kastellan's service account gets its rights; those of the documentation by default. */
  readonly giveRights?: GiveRights;
  /** Changes of who and what is in Slack and in Entra, and of `kastellan.yaml`, before anything starts. */
  readonly adjust?: {
    slack?(workspace: SlackOptions): SlackOptions;
    entra?(tenant: EntraSeed): EntraSeed;
    configuration?(configuration: SandboxConfiguration): object;
  };
}

/** A small whole world: Slack, Entra, clusters with K10 in them. Kastellan comes on top. */
export interface World {
  readonly slack: SlackSandbox;
  readonly entra: Entra;
  /** The first cluster's, which is the only one unless more were asked for. */
  readonly dashboard: Dashboard;
  readonly clusters: readonly [K10Cluster, ...K10Cluster[]];
  readonly repository: ChartRepository;
  /** What K10's chart is in every cluster, if K10 is installed. */
  readonly chart: Omit<ChartPackage, 'archive'>;
  /** Moves time on, in Entra and in every Kastellan that was started with it. */
  readonly clock: SandboxClock;
  /** Whom a browser in this world has to trust. */
  readonly authority: CertificateAuthority;
  /** What Kastellan is started with. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

/** A world whose clusters are the in-memory ones. */
export interface Sandbox extends World {
  /** The first cluster. */
  readonly kubernetes: KubernetesSandbox;
  readonly clusters: readonly [InMemoryK10Cluster, ...InMemoryK10Cluster[]];
}

const CLUSTER = 'prod-eu';
const CLUSTERS_AT_ONCE = 4;

/** Starts everything on loopback and installs a bare K10, as a platform team finds it; nothing stays where that fails. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const world = await startWorld(options, startK10Cluster);
  return { ...world, kubernetes: world.clusters[0].kubernetes };
}

/** The same with one cluster, K10 in which is installed on a control plane that runs already; closing leaves that alone. */
export function startSandboxOn(plane: ControlPlane, options: SandboxOptions): Promise<World> {
  return startWorld({ ...options, clusters: [CLUSTER] }, (cluster) => startK10On(plane, cluster));
}

function startWorld<Cluster extends K10Cluster>(
  options: SandboxOptions,
  startCluster: (options: K10ClusterOptions) => Promise<Cluster>,
) {
  const opened = new Opened();
  return opened.orNothing(() => openWorld(options, startCluster, opened));
}

async function openWorld<Cluster extends K10Cluster>(
  options: SandboxOptions,
  startCluster: (options: K10ClusterOptions) => Promise<Cluster>,
  opened: Opened,
) {
  const { home, adjust = {}, slackMode = 'socket' } = options;
  await mkdir(home, { recursive: true });
  const authority = await createAuthority();
  const tls = await authority.issue();
  const [caFile, helm] = await Promise.all([writeAuthority(authority, home), helmBinary(options.helm ?? 4)]);
  const people = workspace(slackMode);
  const directory = tenant();
  const { chartArchive } = options;
  const given = chartArchive === undefined ? undefined : await readGivenChart(helm, chartArchive);
  const install = given === undefined ? options.k10 : { version: given.version, values: plainValues };
  const [entra, repository, slack] = await Promise.all([
    opened.keep(
      startEntra({
        tls,
        seed: adjust.entra?.(directory) ?? directory,
        knobs: { secretAcceptedAfterMs: options.secretAcceptedAfterMs ?? 0, ...options.knobs },
      }),
    ),
    opened.keep(startChartRepository({ helm, given })),
    opened.keep(
      startSlack({
        ...(adjust.slack?.(people) ?? people),
        ...(options.slackPort !== undefined && { port: options.slackPort }),
      }),
    ),
  ]);
  const names = options.clusters ?? [CLUSTER];
  const clusters = await inTurns(names, (name) =>
    opened.keep(
      startCluster({
        name,
        authority,
        home,
        helm,
        repositoryUrl: repository.url,
        rolloutDelayMs: options.rolloutDelayMs ?? 50,
        trustsEntra: options.k10TrustsEntra ?? true,
        install: install === 'none' ? undefined : (install ?? {}),
        giveRights: options.giveRights,
      }),
    ),
  );
  const [first, ...others] = clusters;
  if (first === undefined) throw new Error('A sandbox has one cluster at least');

  const clock = new SandboxClock(join(home, 'clock'), (offsetMs) => {
    entra.knobs.clockOffsetMs = offsetMs;
  });
  const config = join(home, 'kastellan.yaml');
  const usual = configuration({ slack, entra, charts: repository.url, clusters });
  await writeFile(config, dump(adjust.configuration?.(usual) ?? usual));
  return {
    slack,
    entra,
    dashboard: first.dashboard,
    clusters: [first, ...others] as const,
    repository,
    chart: chartOf(repository, install),
    clock,
    authority,
    environment: {
      PATH: process.env['PATH'] ?? '',
      KASTELLAN_CONFIG: config,
      KASTELLAN_DATA_DIR: join(home, 'data'),
      KASTELLAN_HELM: helm,
      // Renderings take a good part of the tests' time, and there is memory enough.
      GOGC: '400',
      KASTELLAN_HEALTH_PORT: '0',
      NODE_EXTRA_CA_CERTS: caFile,
      SLACK_BOT_TOKEN: slack.botToken,
      ...(slackMode === 'socket'
        ? { SLACK_APP_TOKEN: slack.appToken }
        : { SLACK_SIGNING_SECRET: slack.signingSecret }),
      AZURE_CLIENT_ID: OWN_CLIENT_ID,
      AZURE_CLIENT_SECRET: OWN_SECRET,
    },
    close: () => opened.close(),
  };
}

function chartOf({ packages }: ChartRepository, install: SandboxOptions['k10']): World['chart'] {
  const version = (install !== 'none' && install?.version) || chartVersions.usual;
  const found = packages.find((chart) => chart.version === version);
  if (found === undefined) throw new Error(`The chart repository has no K10 ${version}`);
  const { archive: _bytes, ...chart } = found;
  return chart;
}

// One for each: Kastellan takes no anchors in its configuration.
const fast = () => ({ burst: 100_000, perMinute: 60_000 });

/** What stands in the sandbox's `kastellan.yaml`. */
type SandboxConfiguration = ReturnType<typeof configuration>;

function configuration(parts: {
  slack: SlackSandbox;
  entra: Entra;
  charts: string;
  clusters: readonly K10Cluster[];
}) {
  const { slack, entra, charts } = parts;
  return {
    slack: {
      approvalsChannel: CHANNELS.approvals,
      notificationsChannel: CHANNELS.notifications,
      apiUrl: slack.apiUrl,
    },
    entra: { tenantId: entra.tenantId, loginUrl: entra.url, graphUrl: entra.url },
    clusters: parts.clusters.map(({ name, kastellanKubeconfig, dashboard }) => ({
      name,
      kubeconfig: kastellanKubeconfig,
      dashboardUrl: new URL(dashboard.url).origin,
      chart: { repository: charts, name: 'k10' },
    })),
    approvals: { setup: { approvers: { userGroups: [APPROVERS_HANDLE] } } },
    breakGlass: { level: 'admin', people: { users: [CAST.onCall.slackId] } },
    operators: [CAST.approver.slackId],
    setup: { upgradeTimeout: '2m' },
    // Tours and measurements press faster than people.
    limits: { perPerson: fast(), decisionsPerPerson: fast(), perWorkspace: fast() },
  };
}

// Fifty clusters at once would start fifty Helms.
async function inTurns<Item, Result>(
  items: readonly Item[],
  start: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const started: Result[] = [];
  for (let at = 0; at < items.length; at += CLUSTERS_AT_ONCE)
    started.push(...(await Promise.all(items.slice(at, at + CLUSTERS_AT_ONCE).map(start))));
  return started;
}
