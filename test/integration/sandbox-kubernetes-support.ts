import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { KubeObject } from '../../sandbox/kubernetes/objects.ts';
import {
  type KubernetesOptions,
  type KubernetesSandbox,
  startKubernetes,
} from '../../sandbox/kubernetes/server.ts';
import { createAuthority } from '../../sandbox/tls/certificate-authority.ts';
import { helmBinary } from '../../sandbox/tools/helm.ts';

const chart = `
apiVersion: v1
kind: Secret
metadata: { name: door-key }
stringData: { color: {{ .Values.color | quote }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: gateway }
spec:
  replicas: {{ .Values.replicas }}
  strategy: { type: Recreate }
  selector: { matchLabels: { app: gateway } }
  template:
    metadata:
      labels: { app: gateway }
      annotations: { checksum/secret: {{ .Values.color | sha256sum }} }
    spec:
      containers:
        - name: gateway
          image: gateway:1
          env: [{ name: COLOR, valueFrom: { secretKeyRef: { name: door-key, key: color } } }]
          volumeMounts: [{ name: auth, mountPath: /var/run/auth }]
      volumes:
        - { name: auth, secret: { secretName: {{ .Values.mountedSecret }} } }
`;

// Making keys takes seconds, so the tests of one file share theirs.
const tls = createAuthority().then(async (authority) => ({
  ...(await authority.issue()),
  ca: authority.certificate,
}));

/** How a command ended. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A cluster with a tiny chart on disk, taken away again by `close`. */
export interface TestCluster {
  sandbox: KubernetesSandbox;
  namespace: string;
  folder: string;
  /** Runs helm in the cluster's namespace; with a user, as that user. */
  helm(args: readonly string[], user?: string): Promise<Ran>;
  /** Starts helm and gives the process, for tests that end it. */
  startHelm(args: readonly string[]): Promise<ReturnType<typeof spawn>>;
  /** The client's configuration for a user; an administrator without one. */
  config(user?: string, groups?: readonly string[]): KubeConfig;
  close(): Promise<void>;
}

/** Starts a cluster whose namespace `castle` exists; `version` says which helm is run. */
export async function startTestCluster(
  version: 3 | 4,
  options: Omit<KubernetesOptions, 'tls'> = {},
): Promise<TestCluster> {
  const sandbox = await startKubernetes({
    tls: await tls,
    rolloutDelayMs: 10,
    restartBackoffMs: 20,
    ...options,
  });
  const binary = await helmBinary(version);
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-kubernetes-'));
  const namespace = 'castle';
  sandbox.create('namespaces', { metadata: { name: namespace } });
  await writeChart(join(folder, 'chart'));

  const startHelm = async (args: readonly string[], user?: string) => {
    const kubeconfig = join(folder, `kubeconfig-${user ?? 'admin'}`);
    await writeFile(kubeconfig, sandbox.kubeconfig(user), { mode: 0o600 });
    const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig };
    return spawn(binary, [...args, '-n', namespace], { cwd: folder, env });
  };
  return {
    sandbox,
    namespace,
    folder,
    startHelm,
    helm: async (args, user) => finished(await startHelm(args, user)),
    config: (user, groups) => {
      const config = new KubeConfig();
      config.loadFromString(sandbox.kubeconfig(user, groups));
      return config;
    },
    close: async () => {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeChart(folder: string): Promise<void> {
  await mkdir(join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: castle\nversion: 1.0.0\n');
  await writeFile(join(folder, 'values.yaml'), 'replicas: 1\ncolor: red\nmountedSecret: door-key\n');
  await writeFile(join(folder, 'templates', 'all.yaml'), chart);
}

/** The output of a process once it has ended. */
export function finished(child: ReturnType<typeof spawn>): Promise<Ran> {
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    ran.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    ran.stderr += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}

/** The first object of a resource that is, or becomes, as the test wants it. */
export function eventually(
  { store }: KubernetesSandbox,
  resource: string,
  wanted: (object: KubeObject) => boolean,
): Promise<KubeObject> {
  const now = store.list(resource).find(wanted);
  if (now) return Promise.resolve(now);
  return new Promise((resolve) => {
    const unsubscribe = store.subscribe((event) => {
      if (event.resource !== resource || event.type === 'DELETED' || !wanted(event.object)) return;
      unsubscribe();
      resolve(event.object);
    });
  });
}
