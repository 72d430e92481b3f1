import { dump } from 'js-yaml';

/** The nodes: on each of them pods fare differently. */
export const NODES = {
  /** Pods become ready at once. */
  ready: 'kwok-ready',
  /** Containers start and are never ready. */
  held: 'kwok-held',
  /** Containers end with an error. */
  crashing: 'kwok-crashing',
} as const;

/** More than two K10s claim. */
const VOLUMES = 16;

export type Fate = keyof typeof NODES;

type Kind = 'Node' | 'Pod';

const LIVES = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const NEW = { key: '.status.podIP', operator: 'DoesNotExist' };

/** The Node objects as an administrator creates them; only the one on which pods become ready takes new pods. */
export function nodeObjects(): object[] {
  return Object.entries(NODES).map(([fate, name]) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
    spec: { unschedulable: fate !== 'ready' },
  }));
}

/** Volumes for whoever claims one without a storage class; there is nothing behind them. */
export function volumeObjects(): object[] {
  return Array.from({ length: VOLUMES }, (_none, index) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `volume-${index}` },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Ti' },
      hostPath: { path: `/nowhere/${index}` },
    },
  }));
}

/**
 * kwok's configuration: nodes are ready at once; what becomes of pods depends on the node they are on.
 * @see https://kwok.sigs.k8s.io/docs/user/stages-configuration/
 */
export function stages(): string {
  return [
    stage('node-ready', 'Node', [{ ...NEW, key: '.status.addresses' }], NODE),
    stage('pod-ready', 'Pod', [LIVES, NEW, onNode('ready')], containers('True', RUNNING)),
    stage('pod-held', 'Pod', [LIVES, NEW, onNode('held')], containers('False', RUNNING)),
    stage('pod-crashing', 'Pod', [LIVES, NEW, onNode('crashing')], containers('False', CRASHING)),
    stage('pod-gone', 'Pod', [{ key: LIVES.key, operator: 'Exists' }]),
  ]
    .map((document) => dump(document))
    .join('---\n');
}

function onNode(fate: Fate) {
  return { key: '.spec.nodeName', operator: 'In', values: [NODES[fate]] };
}

function stage(
  name: string,
  kind: Kind,
  matchExpressions: readonly object[],
  statusTemplate?: string,
): object {
  const gone = { finalizers: { empty: true }, delete: true };
  const next = statusTemplate === undefined ? gone : { statusTemplate };
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, next },
  };
}

const NODE = `{{ $now := Now }}
addresses:
- { type: InternalIP, address: 127.0.0.1 }
conditions:
- type: Ready
  status: "True"
  reason: KubeletReady
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
allocatable: &much { cpu: 1k, memory: 1Ti, pods: 10k }
capacity: *much
`;

const RUNNING = `
  restartCount: 0
  started: true
  state:
    running:
      startedAt: {{ $now | Quote }}`;

const CRASHING = `
  restartCount: 3
  started: false
  lastState:
    terminated: { exitCode: 1, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }
  state:
    waiting: { reason: CrashLoopBackOff, message: "back-off 40s restarting failed container" }`;

function containers(ready: 'True' | 'False', state: string): string {
  const condition = (type: string, status: string) =>
    `- { type: ${type}, status: "${status}", lastTransitionTime: {{ $now | Quote }} }`;
  return `{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
conditions:
${condition('Initialized', 'True')}
${condition('Ready', ready)}
${condition('ContainersReady', ready)}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: ${ready.toLowerCase()}${state}
{{ end }}
`;
}
