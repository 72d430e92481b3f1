import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installCustomResources } from '../../../sandbox/kubernetes/administer.ts';
import type { CustomFamily } from '../../../sandbox/kubernetes/custom-kinds.ts';
import { Opened } from '../../../sandbox/tools/opened.ts';
import { findPrograms } from '../../control-plane/programs.ts';
import { type ControlPlane, startControlPlane } from '../../control-plane/start.ts';
import type { TestCluster } from './test-cluster.ts';

const FAMILIES: readonly CustomFamily[] = ['kasten', 'k10-operator', 'argo', 'flux', 'openshift'];

// Building them, the first time, takes longer than any test may: the time of loading this file is nobody's.
await findPrograms();

/** What only a real one can be told to do. */
export interface RealCluster extends TestCluster {
  readonly plane: ControlPlane;
}

/** Starts a real control plane for one suite, with the custom resources that the in-memory one has. */
export function startRealCluster(): Promise<RealCluster> {
  const opened = new Opened();
  return opened.orNothing(() => openRealCluster(opened));
}

async function openRealCluster(opened: Opened): Promise<RealCluster> {
  const plane = await opened.keep(startControlPlane());
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-cluster-'));
  let files = 0;
  const write = async (text: string): Promise<string> => {
    files += 1;
    const path = join(folder, `kubeconfig-${files}.yaml`);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const adminConfig = await write(await plane.kubeconfig());
  await installCustomResources(adminConfig, FAMILIES);
  return {
    name: 'a real control plane',
    plane,
    folder,
    kubeconfig: async (user, groups) => write(await plane.kubeconfig(user, groups)),
    brokenKubeconfig: async () =>
      write((await plane.kubeconfig()).replace(/token: .*/, 'token: nobody-knows-this')),
    holdPods: () => plane.newPods('held'),
    stop: async () => {
      await opened.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
