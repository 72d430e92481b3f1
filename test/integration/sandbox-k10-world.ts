import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { createBrowser, type Visitor } from '../../sandbox/entra/browser.ts';
import { type Entra, startEntra } from '../../sandbox/entra/start-entra.ts';
import { type ChartRepository, startChartRepository } from '../../sandbox/k10/chart-repository.ts';
import { type Dashboard, type DashboardOptions, startDashboard } from '../../sandbox/k10/dashboard.ts';
import { installK10, type K10Install } from '../../sandbox/k10/install.ts';
import type { KubeObject } from '../../sandbox/kubernetes/objects.ts';
import { type KubernetesSandbox, startKubernetes } from '../../sandbox/kubernetes/server.ts';
import { createAuthority, trustAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { helmBinary } from '../../sandbox/tools/helm.ts';

export const clientId = '33333333-3333-4333-8333-333333333333';
export const clientSecret = 'first~secret';
export const kastenUsers = 'bbbbbbbb-0000-4000-8000-000000000001';
export const ann: Visitor = { login: 'ann@sandbox.example', password: 'correct horse' };

/** A tenant, a cluster, a chart repository and a dashboard, with nothing installed yet. */
export interface K10World {
  authority: string;
  entra: Entra;
  kubernetes: KubernetesSandbox;
  charts: ChartRepository;
  dashboard: Dashboard;
  install(options?: Partial<K10Install>): Promise<void>;
  helm(args: string[], values?: unknown): Promise<string>;
  /** The values that switch OpenID Connect on, by reference to the Secret `k10-credentials`. */
  signInValues(changed?: Record<string, unknown>): Record<string, unknown>;
  upgrade(values: unknown, version?: string): Promise<void>;
  createSecret(): void;
  /** Resolves with a pod of this Deployment as soon as the condition holds. */
  pod(deployment: string, isSo: (text: string) => boolean): Promise<KubeObject>;
  close(): Promise<void>;
}

export async function startK10World(
  options: { helm?: 3 | 4; dashboard?: Partial<DashboardOptions>; trustEntra?: boolean } = {},
): Promise<K10World> {
  const authority = await createAuthority();
  trustAuthority(authority);
  const tls = await authority.issue();
  const helmPath = await helmBinary(options.helm ?? 4);
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-k10-'));
  const kubernetes = await startKubernetes({
    tls: { ...tls, ca: authority.certificate },
    rolloutDelayMs: 5,
    restartBackoffMs: 20,
  });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubernetes.kubeconfig(), { mode: 0o600 });
  const charts = await startChartRepository({ helm: helmPath });
  const dashboard = await startDashboard({
    kubernetes: { ...kubernetes, token: kubernetes.userToken('k10', ['system:masters']) },
    tls,
    ...(options.trustEntra === false ? {} : { entraCa: authority.certificate }),
    ...options.dashboard,
  });
  kubernetes.runtimes.push(dashboard.runtime);
  const entra = await startEntra({ tls, seed: seed(dashboard.redirectUri) });
  const helm = async (args: string[], values?: unknown) => {
    const all = [...args, '--kubeconfig', kubeconfig, '--namespace', 'kasten-io'];
    const env = { HOME: folder, PATH: '/usr/bin:/bin' };
    const input = values === undefined ? {} : { input: JSON.stringify(values) };
    return (await execa(helmPath, all, { ...input, env, extendEnv: false, cwd: folder })).stdout;
  };
  return {
    authority: authority.certificate,
    entra,
    kubernetes,
    charts,
    dashboard,
    helm,
    install: (more = {}) => installK10({ helm: helmPath, kubeconfig, repositoryUrl: charts.url, ...more }),
    signInValues: (changed = {}) => ({
      auth: {
        oidcAuth: {
          enabled: true,
          providerURL: `${entra.loginUrl}/${entra.tenantId}/v2.0`,
          redirectURL: dashboard.origin,
          scopes: 'openid email',
          clientSecretName: 'k10-credentials',
          usernameClaim: 'email',
          usernamePrefix: 'kasten_azure_',
          groupClaim: 'groups',
          groupPrefix: 'kasten_azure_',
          ...changed,
        },
      },
    }),
    upgrade: async (values, version = '7.5.10') => {
      const from = ['--repo', charts.url, '--version', version];
      await helm(['upgrade', 'k10', 'k10', ...from, '--reset-values', '--values', '-', '--wait'], values);
    },
    createSecret: () => {
      kubernetes.create('secrets', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'k10-credentials', namespace: 'kasten-io' },
        stringData: { 'client-id': clientId, 'client-secret': clientSecret },
      });
    },
    pod: (deployment, isSo) => podWhere(kubernetes, deployment, isSo),
    close: async () => {
      await kubernetes.close();
      await Promise.all([dashboard.close(), charts.close(), entra.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function seed(redirectUri: string) {
  return {
    people: [
      {
        displayName: 'Ann',
        userPrincipalName: 'ann@sandbox.example',
        password: 'correct horse',
        mfaCode: '424242',
      },
    ],
    applications: [
      {
        clientId,
        displayName: 'kasten-service',
        secrets: [{ text: clientSecret }],
        properties: { web: { redirectUris: [redirectUri] }, groupMembershipClaims: 'SecurityGroup' },
      },
    ],
    groups: [{ id: kastenUsers, displayName: 'Kasten Users', members: ['ann@sandbox.example'] }],
  };
}

function podWhere(
  { store }: KubernetesSandbox,
  deployment: string,
  isSo: (text: string) => boolean,
): Promise<KubeObject> {
  const find = () =>
    store
      .list('pods', 'kasten-io')
      .find((pod) => pod.metadata.name.startsWith(`${deployment}-`) && isSo(JSON.stringify(pod)));
  return new Promise((resolve) => {
    const unsubscribe = store.subscribe(look);
    function look() {
      const found = find();
      if (!found) return;
      unsubscribe();
      resolve(found);
    }
    look();
  });
}

/** A browser at K10's address, which hands over to Entra's pages and comes back. */
export class K10Visitor {
  readonly #cookies = new Map<string, string>();
  readonly #entra = createBrowser();
  readonly #dashboard: Dashboard;

  constructor(dashboard: Dashboard) {
    this.#dashboard = dashboard;
  }

  /** Opens the dashboard and signs in; gives the page at the end, wherever that is. */
  async signIn(visitor: Visitor): Promise<{ status: number; page: string }> {
    const first = await this.get(this.#dashboard.url);
    const location = first.headers.get('location');
    if (!location) return { status: first.status, page: await first.text() };
    const visit = await this.#entra.open(location, visitor);
    if (visit.page !== undefined) return { status: 0, page: visit.page };
    const back = await this.get(visit.url.href);
    if (back.status !== 303) return { status: back.status, page: await back.text() };
    return await this.open(this.#dashboard.url);
  }

  async open(url: string): Promise<{ status: number; page: string }> {
    const answer = await this.get(url);
    return { status: answer.status, page: await answer.text() };
  }

  async whoAmI(): Promise<Record<string, unknown>> {
    const answer = await this.get(`${this.#dashboard.url}whoami.json`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** One request with this browser's cookies; redirects are not followed. */
  async get(url: string, body?: URLSearchParams): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      method: body ? 'POST' : 'GET',
      body: body ?? null,
      headers: { cookie },
      redirect: 'manual',
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      this.#cookies.set(name, value);
    }
    return answer;
  }
}
