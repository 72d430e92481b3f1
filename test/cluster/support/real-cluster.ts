import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CustomObjectsApi, KubeConfig } from '@kubernetes/client-node';
import { type CustomFamily, definitionsOf } from '../../../sandbox/kubernetes/custom-kinds.ts';
import type { JsonObject } from '../../../sandbox/kubernetes/json.ts';
import { findPrograms } from '../../control-plane/programs.ts';
import { type ControlPlane, startControlPlane } from '../../control-plane/start.ts';
import type { TestCluster } from './test-cluster.ts';

const FAMILIES: readonly CustomFamily[] = ['kasten', 'k10-operator', 'argo', 'flux', 'openshift'];
const CHECK_EVERY_MS = 50;

// Building them, the first time, takes longer than any test may: the time of loading this file is nobody's.
await findPrograms();

/** What only a real one can be told to do. */
export interface RealCluster extends TestCluster {
  readonly plane: ControlPlane;
}

/** Starts a real control plane for one suite, with the custom resources that the in-memory one has. */
export async function startRealCluster(): Promise<RealCluster> {
  const plane = await startControlPlane();
  const folder = await mkdtemp(join(tmpdir(), 'kastellan-cluster-'));
  let files = 0;
  const write = async (text: string): Promise<string> => {
    files += 1;
    const path = join(folder, `kubeconfig-${files}.yaml`);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const adminConfig = await write(await plane.kubeconfig());
  await installCustomResources(adminConfig);
  return {
    name: 'a real control plane',
    plane,
    folder,
    kubeconfig: async (user, groups) => write(await plane.kubeconfig(user, groups)),
    brokenKubeconfig: async () =>
      write((await plane.kubeconfig()).replace(/token: .*/, 'token: nobody-knows-this')),
    holdPods: () => plane.newPods('held'),
    stop: async () => {
      await plane.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function installCustomResources(kubeconfigPath: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const objects = config.makeApiClient(CustomObjectsApi);
  const definitions = FAMILIES.flatMap(definitionsOf);
  // The client for definitions would leave out every field with a dash in its name.
  const kind = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
  for (const body of definitions) await objects.createClusterCustomObject({ ...kind, body });
  // A definition is accepted, and even called established, before its objects are served.
  const isServed = ({ group, version, plural }: Served): Promise<boolean> =>
    objects.listClusterCustomObject({ group, version, plural }).then(
      () => true,
      () => false,
    );
  for (const served of definitions.map(servedBy)) {
    while (!(await isServed(served))) await pause(CHECK_EVERY_MS);
  }
}

interface Served {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

function servedBy(definition: JsonObject): Served {
  const { group, names, versions } = definition['spec'] as {
    group: string;
    names: { plural: string };
    versions: { name: string }[];
  };
  return { group, version: versions[0]?.name ?? '', plural: names.plural };
}
