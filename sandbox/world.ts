import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { APPROVERS_HANDLE, CAST, CHANNELS } from './cast.ts';
import { type Entra, startEntra } from './entra/start-entra.ts';
import { type ChartRepository, startChartRepository } from './k10/chart-repository.ts';
import { type Dashboard, startDashboard } from './k10/dashboard.ts';
import { installK10 } from './k10/install.ts';
import { type KubernetesSandbox, startKubernetes } from './kubernetes/server.ts';
import { type SlackSandbox, startSlack } from './slack/start.ts';
import { type CertificateAuthority, createAuthority, writeAuthority } from './tls/certificate-authority.ts';
import { helmBinary } from './tools/helm.ts';

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
}

/** A small whole world: Slack, Entra, a cluster with K10 in it. Kastellan comes on top. */
export interface Sandbox {
  readonly slack: SlackSandbox;
  readonly entra: Entra;
  readonly kubernetes: KubernetesSandbox;
  readonly repository: ChartRepository;
  readonly dashboard: Dashboard;
  /** Whom a browser in this world has to trust. */
  readonly authority: CertificateAuthority;
  /** What Kastellan is started with. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

export const CLUSTER = 'prod-eu';
const OWN_CLIENT_ID = 'a57e11a4-0000-4000-8000-000000000001';
const OWN_SECRET = 'sandbox-own-client-secret';

/** What Kastellan's own identity may do: the least that set-up asks for. */
const OWN_PERMISSIONS = [
  'Application.ReadWrite.OwnedBy',
  'Group.Create',
  'GroupMember.ReadWrite.All',
  'User.Read.All',
  'Policy.Read.All',
];

/** Starts everything on loopback and installs a bare K10, as a platform team finds it. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  await mkdir(options.home, { recursive: true });
  const authority = await createAuthority();
  const tls = await authority.issue();
  const [caFile, helm] = await Promise.all([
    writeAuthority(authority, options.home),
    helmBinary(options.helm ?? 4),
  ]);
  const [entra, kubernetes, repository, slack] = await Promise.all([
    startEntra({ tls, seed: tenant(), knobs: { secretAcceptedAfterMs: options.secretAcceptedAfterMs ?? 0 } }),
    startKubernetes({
      tls: { ...tls, ca: authority.certificate },
      rolloutDelayMs: options.rolloutDelayMs ?? 50,
    }),
    startChartRepository({ helm }),
    startSlack({ ...workspace(), ...(options.slackPort !== undefined && { port: options.slackPort }) }),
  ]);
  const dashboard = await startDashboard({
    kubernetes: {
      url: kubernetes.url,
      ca: kubernetes.ca,
      token: kubernetes.userToken('k10-stand-in', ['system:masters']),
    },
    namespace: 'kasten-io',
    release: 'k10',
    tls,
    entraCa: authority.certificate,
  });
  kubernetes.runtimes.push(dashboard.runtime);
  const kubeconfig = join(options.home, 'kubeconfig.yaml');
  await writeFile(kubeconfig, kubernetes.kubeconfig(), { mode: 0o600 });
  await installK10({ helm, kubeconfig, repositoryUrl: repository.url });

  const config = join(options.home, 'kastellan.yaml');
  const urls = {
    slack: slack.apiUrl,
    entra: entra.url,
    tenantId: entra.tenantId,
    dashboard: dashboard.url,
    charts: repository.url,
  };
  await writeFile(config, dump(configuration(urls, kubeconfig)));
  return {
    slack,
    entra,
    kubernetes,
    repository,
    dashboard,
    authority,
    environment: {
      PATH: process.env['PATH'] ?? '',
      KASTELLAN_CONFIG: config,
      KASTELLAN_DATA_DIR: join(options.home, 'data'),
      KASTELLAN_HELM: helm,
      KASTELLAN_HEALTH_PORT: '0',
      NODE_EXTRA_CA_CERTS: caFile,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      AZURE_CLIENT_ID: OWN_CLIENT_ID,
      AZURE_CLIENT_SECRET: OWN_SECRET,
    },
    async close() {
      await slack.close();
      await kubernetes.close();
      await Promise.all([dashboard.close(), repository.close(), entra.close()]);
    },
  };
}

function tenant() {
  return {
    people: Object.values(CAST).map(({ name, email, password, mfaCode }) => ({
      displayName: name,
      userPrincipalName: email,
      mail: email,
      password,
      mfaCode,
    })),
    applications: [
      {
        clientId: OWN_CLIENT_ID,
        displayName: 'Kastellan',
        secrets: [{ text: OWN_SECRET }],
        permissions: OWN_PERMISSIONS,
      },
    ],
  };
}

function workspace() {
  const everybody = Object.values(CAST).map(({ slackId }) => slackId);
  const app = 'U0KASTELLAN';
  return {
    people: Object.values(CAST).map(({ slackId, handle, name, email }) => ({
      id: slackId,
      name: handle,
      realName: name,
      email,
    })),
    channels: [
      { id: CHANNELS.approvals, name: 'kasten-approvals', members: [...everybody, app] },
      { id: CHANNELS.general, name: 'general', members: [...everybody, app] },
    ],
    userGroups: [
      {
        id: 'S0APPROVERS',
        handle: APPROVERS_HANDLE,
        members: [CAST.approver.slackId, CAST.secondApprover.slackId],
      },
    ],
    app: {
      mode: 'socket' as const,
      scopes: [
        'commands',
        'chat:write',
        'users:read',
        'users:read.email',
        'usergroups:read',
        'channels:read',
        'groups:read',
        'im:write',
      ],
    },
  };
}

interface Addresses {
  readonly slack: string;
  readonly entra: string;
  readonly tenantId: string;
  readonly dashboard: string;
  readonly charts: string;
}

function configuration(urls: Addresses, kubeconfig: string): object {
  return {
    slack: { approvalsChannel: CHANNELS.approvals, apiUrl: urls.slack },
    entra: { tenantId: urls.tenantId, loginUrl: urls.entra, graphUrl: urls.entra },
    clusters: [
      {
        name: CLUSTER,
        kubeconfig,
        dashboardUrl: new URL(urls.dashboard).origin,
        chart: { repository: urls.charts, name: 'k10' },
      },
    ],
    approvals: { setup: { approvers: { userGroups: [APPROVERS_HANDLE] } } },
    operators: [CAST.approver.slackId],
    setup: { upgradeTimeout: '2m' },
  };
}
