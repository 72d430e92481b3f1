import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { chartVersions } from './chart-packages.ts';

export interface K10Install {
  /** The path of a Helm executable. */
  helm: string;
  /** The path of an administrator's kubeconfig. */
  kubeconfig: string;
  repositoryUrl: string;
  /** 7.5.10 if absent. */
  version?: string;
  namespace?: string;
  release?: string;
  /** The user's values; those of `lived-in` K10 if absent. */
  values?: Record<string, unknown>;
  /** How long Helm waits for the pods, in Go's notation; two minutes if absent, and `0s` is not to wait. */
  timeout?: string;
}

/** The values of a K10 that somebody has run for a while: sign-in by token, and much that an upgrade must not lose. */
export const livedInValues: Readonly<Record<string, unknown>> = {
  auth: { tokenAuth: { enabled: true }, ldap: { bindPW: '' } },
  clusterName: 'sandbox',
  // Null takes away the chart's default; whoever fills it in again changes what the user wanted.
  prometheus: { server: { retention: null } },
  limiter: { snapshotExportsPerAction: 7, workloadSnapshotsPerAction: '010' },
  podAnnotations: { 'example.com/build': '2024-01-01', 'example.com/window': 'on' },
  tolerations: [
    { key: 'backup', operator: 'Equal', value: 'yes', effect: 'NoSchedule' },
    { key: 'spot', operator: 'Exists' },
  ],
  metering: { mode: 'airgap', licenseKey: 'first line\n  second, indented\n\nlast: "line" # no comment\n' },
  gateway: { resources: { requests: { cpu: '200m', memory: '300Mi' } } },
  excludedApps: [null, '', 'kube-system', '1e3'],
};

/** The least that the real chart wants to be told, and sign-in by token. */
export const plainValues: Readonly<Record<string, unknown>> = {
  eula: { accept: true, company: 'Example', email: 'platform@example.com' },
  auth: { tokenAuth: { enabled: true } },
};

/**
 * Installs the chart as a user would, with `helm install`, and waits until K10 is up. The values go in by standard input.
 * @throws ExecaError with Helm's own words, if Helm fails.
 */
export async function installK10(options: K10Install): Promise<void> {
  const { namespace = 'kasten-io', release = 'k10', version = chartVersions.usual } = options;
  const timeout = options.timeout ?? '2m';
  const home = await mkdtemp(join(tmpdir(), 'sandbox-helm-'));
  const from = ['--repo', options.repositoryUrl, '--version', version];
  const into = ['--kubeconfig', options.kubeconfig, '--namespace', namespace, '--create-namespace'];
  const waiting = timeout === '0s' ? [] : ['--wait', '--timeout', timeout];
  try {
    await execa(options.helm, ['install', release, 'k10', ...from, ...into, '--values', '-', ...waiting], {
      input: JSON.stringify(options.values ?? livedInValues),
      // An empty folder: Helm would take a folder named k10 for the chart.
      cwd: home,
      env: { HOME: home, PATH: '/usr/bin:/bin', GOGC: '400' },
      extendEnv: false,
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
