import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyDocumentedRights, SERVICE_ACCOUNT_USER } from './documented-rights.ts';
import { type Dashboard, startDashboard } from './k10/dashboard.ts';
import { installK10, type K10Install } from './k10/install.ts';
import { type KubernetesSandbox, startKubernetes } from './kubernetes/server.ts';
import type { CertificateAuthority } from './tls/certificate-authority.ts';

/** A cluster of the sandbox with K10 in it. */
export interface K10Cluster {
  readonly name: string;
  readonly kubernetes: KubernetesSandbox;
  readonly dashboard: Dashboard;
  /** An administrator's. */
  readonly kubeconfig: string;
  /** Kastellan's: a service account with the documented rights and no others. */
  readonly kastellanKubeconfig: string;
  close(): Promise<void>;
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
}

/** Starts a cluster and installs K10 in it, as a platform team finds it. */
export async function startK10Cluster(options: K10ClusterOptions): Promise<K10Cluster> {
  const { name, authority } = options;
  const tls = await authority.issue();
  const kubernetes = await startKubernetes({
    tls: { ...tls, ca: authority.certificate },
    rolloutDelayMs: options.rolloutDelayMs,
  });
  const dashboard = await startDashboard({
    kubernetes: {
      url: kubernetes.url,
      ca: kubernetes.ca,
      token: kubernetes.userToken('k10-stand-in', ['system:masters']),
    },
    namespace: 'kasten-io',
    release: 'k10',
    tls,
    ...(options.trustsEntra && { entraCa: authority.certificate }),
  });
  kubernetes.runtimes.push(dashboard.runtime);
  const kubeconfig = join(options.home, `kubeconfig-${name}.yaml`);
  await writeFile(kubeconfig, kubernetes.kubeconfig(), { mode: 0o600 });
  const { helm, repositoryUrl, install } = options;
  if (install !== undefined) await installK10({ helm, kubeconfig, repositoryUrl, ...install });
  else
    kubernetes.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kasten-io' } });
  await applyDocumentedRights(kubeconfig);
  const kastellanKubeconfig = join(options.home, `kubeconfig-kastellan-${name}.yaml`);
  await writeFile(kastellanKubeconfig, kubernetes.kubeconfig(SERVICE_ACCOUNT_USER), { mode: 0o600 });
  return {
    name,
    kubernetes,
    dashboard,
    kubeconfig,
    kastellanKubeconfig,
    async close() {
      await kubernetes.close();
      await dashboard.close();
    },
  };
}
