import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Faults } from '../../../sandbox/kubernetes/faults.ts';
import { startKubernetes } from '../../../sandbox/kubernetes/server.ts';
import { createAuthority } from '../../../sandbox/tls/certificate-authority.ts';

/** A cluster that a suite can run on: the in-memory one, or a real control plane. */
export interface TestCluster {
  readonly name: string;
  /** Writes a kubeconfig and gives its path; without a user, an administrator's. */
  kubeconfig(user?: string, groups?: readonly string[]): Promise<string>;
  /** A kubeconfig whose token nobody knows. */
  brokenKubeconfig(): Promise<string>;
  /** From now on new pods start but do not become ready; where no pods run at all there is nothing to do. */
  holdPods(): void | Promise<void>;
  /** A folder for this suite's own files. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** What only a cluster in memory can be told to do. */
export interface InMemoryCluster extends TestCluster {
  readonly faults: Faults;
  /** From now on the containers of new pods in this namespace write these lines and end with an error. */
  crashPods(namespace: string, lines: readonly string[]): void;
}

/** Starts the in-memory Kubernetes API for one suite. */
export async function startInMemoryCluster(): Promise<InMemoryCluster> {
  const authority = await createAuthority();
  const certificate = await authority.issue();
  const sandbox = await startKubernetes({
    tls: { ...certificate, ca: authority.certificate },
    rolloutDelayMs: 10,
    restartBackoffMs: 100,
    customResources: ['kasten', 'k10-operator', 'argo', 'flux', 'openshift'],
  });
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-cluster-'));
  let files = 0;
  const write = async (text: string): Promise<string> => {
    files += 1;
    const path = join(folder, `kubeconfig-${files}.yaml`);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  return {
    name: 'the in-memory API',
    folder,
    kubeconfig: (user, groups) => write(sandbox.kubeconfig(user, groups)),
    brokenKubeconfig: () => write(sandbox.kubeconfig().replace(/token: .*/, 'token: nobody-knows-this')),
    faults: sandbox.faults,
    crashPods: (namespace, lines) => {
      sandbox.runtimes.unshift({
        start: async (pod) => {
          if (pod.namespace !== namespace) return undefined;
          pod.crash('Error', lines);
          return { stop: async () => undefined };
        },
      });
    },
    holdPods: () => {
      sandbox.runtimes.unshift({ start: async () => ({ stop: async () => undefined }) });
    },
    stop: async () => {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
