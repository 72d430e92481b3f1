import { posix } from 'node:path';
import type { ControllerParts } from './controller-parts.ts';
import { stringAt } from './json.ts';
import type { KubeObject } from './objects.ts';
import type { RunningPod, RunningVolume } from './pod-runtime.ts';

const accountVolume = 'kube-api-access';
const accountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a runtime gets to see of a pod whose inputs are there. */
export function runningPod(
  parts: ControllerParts,
  pod: KubeObject,
  inputs: Pick<RunningPod, 'volumes' | 'containers'>,
  reports: Pick<RunningPod, 'ready' | 'unready' | 'crash'>,
): RunningPod {
  const { namespace = '', name, uid = '', labels = {}, annotations = {} } = pod.metadata;
  const serviceAccount = stringAt(pod, 'spec', 'serviceAccountName') || 'default';
  const token = parts.tokens.issue(`system:serviceaccount:${namespace}:${serviceAccount}`);
  const account: RunningVolume = {
    name: accountVolume,
    source: 'projected',
    sourceName: '',
    files: {
      token: Buffer.from(token),
      'ca.crt': Buffer.from(parts.ca),
      namespace: Buffer.from(namespace),
    },
  };
  const mount = { path: accountPath, volume: accountVolume, subPath: '' };
  const containers = inputs.containers.map((container) => ({
    ...container,
    mounts: [...container.mounts, mount],
  }));
  const volumes = { ...inputs.volumes, [accountVolume]: account };
  const [first] = containers;
  return {
    namespace,
    name,
    uid,
    labels,
    annotations,
    deployment: deploymentOf(parts, pod),
    serviceAccount,
    token,
    containers,
    volumes,
    readFile: (path, container) => {
      const found = container ? containers.find((candidate) => candidate.name === container) : first;
      return found && fileAt(found.mounts, volumes, path);
    },
    log: (line, container) => parts.podLogs.write(uid, container ?? first?.name ?? '', line),
    ...reports,
  };
}

function fileAt(
  mounts: RunningPod['containers'][number]['mounts'],
  volumes: Record<string, RunningVolume>,
  path: string,
): Buffer | undefined {
  for (const mount of mounts) {
    const files = volumes[mount.volume]?.files ?? {};
    const inside = posix.relative(mount.path, path);
    if (inside === '' && mount.subPath) return files[mount.subPath];
    const file = files[posix.join(mount.subPath, inside)];
    if (file && !inside.startsWith('..')) return file;
  }
  return undefined;
}

function deploymentOf({ store }: ControllerParts, pod: KubeObject): string {
  const set = pod.metadata.ownerReferences?.find((owner) => owner.kind === 'ReplicaSet');
  const owner = set && store.get('replicasets.apps', pod.metadata.namespace ?? '', set.name);
  return owner?.metadata.ownerReferences?.find((reference) => reference.kind === 'Deployment')?.name ?? '';
}
