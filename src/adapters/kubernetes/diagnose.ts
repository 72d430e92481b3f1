import type { CoreV1Event, V1ContainerStatus, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { redact } from '../../domain/redaction.ts';
import { credentialSecretName } from '../../domain/setup/naming.ts';
import type { Connection } from './connection.ts';
import type { ReleaseAddress } from './deployments.ts';
import { type Call, find, findIfAllowed } from './errors.ts';

const EVENT_COUNT = 5;
const LOG_LINES = 20;
const LOG_BYTES = 4096;
const LONGEST_ANSWER = 3500;

/**
 * Why a Deployment does not become ready, as plain text of at most 3,500 characters: warnings about it and its pods, what
 * their containers wait for, and the last 20 lines of each container that failed. Client secret and anything shaped like a
 * credential are cut out. What Kastellan may not read is left out.
 */
export async function diagnoseDeployment(
  connection: Connection,
  address: ReleaseAddress,
  name: string,
): Promise<string> {
  const { namespace } = address;
  const call: Call = { verb: 'get', resource: 'deployments.apps', namespace, name };
  const deployment = await find(call, () => connection.apps.readNamespacedDeployment({ name, namespace }));
  if (deployment === undefined) return `There is no Deployment ${name} in ${namespace}.`;
  const pods = await listPods(connection, namespace, deployment);
  const [events, logs, secrets] = await Promise.all([
    listWarnings(connection, namespace, name, pods),
    Promise.all(pods.map((pod) => lastWords(connection, namespace, pod))),
    clientSecrets(connection, address),
  ]);
  const lines = [...conditionLines(deployment), ...pods.flatMap(podLines), ...events, ...logs.flat()];
  if (lines.length === 0) return `${name}: nothing is known yet; its pods have not failed.`;
  const text = redact(lines.join('\n'), secrets);
  return text.length > LONGEST_ANSWER ? `${text.slice(0, LONGEST_ANSWER - 1)}…` : text;
}

async function listPods({ core }: Connection, namespace: string, deployment: V1Deployment): Promise<V1Pod[]> {
  const labels = Object.entries(deployment.spec?.selector.matchLabels ?? {});
  if (labels.length === 0) return [];
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  const list = await findIfAllowed({ verb: 'list', resource: 'pods', namespace }, () =>
    core.listNamespacedPod({ namespace, labelSelector }),
  );
  return list?.items ?? [];
}

function conditionLines(deployment: V1Deployment): string[] {
  return (deployment.status?.conditions ?? [])
    .filter(({ type, status }) => (status === 'True') === (type === 'ReplicaFailure'))
    .map(({ reason, message }) => `${deployment.metadata?.name}: ${reason ?? ''} ${message ?? ''}`.trim());
}

function podLines(pod: V1Pod): string[] {
  const unscheduled = (pod.status?.conditions ?? [])
    .filter(({ type, status }) => type === 'PodScheduled' && status === 'False')
    .map(({ reason, message }) => `${podName(pod)}: ${reason ?? ''} ${message ?? ''}`.trim());
  return [...unscheduled, ...containers(pod).flatMap((container) => containerLine(pod, container))];
}

function containerLine(pod: V1Pod, container: V1ContainerStatus): string[] {
  const waiting = container.state?.waiting;
  const ended = container.state?.terminated ?? container.lastState?.terminated;
  if (waiting === undefined && (ended === undefined || ended.exitCode === 0)) return [];
  const parts = [
    waiting === undefined ? '' : `waits: ${waiting.reason ?? '?'} ${waiting.message ?? ''}`.trim(),
    ended === undefined ? '' : `ended with exit code ${ended.exitCode} (${ended.reason ?? '?'})`,
  ];
  return [`${podName(pod)} / ${container.name}: ${parts.filter((part) => part !== '').join('; ')}`];
}

async function listWarnings(
  { core }: Connection,
  namespace: string,
  deployment: string,
  pods: readonly V1Pod[],
): Promise<string[]> {
  const list = await findIfAllowed({ verb: 'list', resource: 'events', namespace }, () =>
    core.listNamespacedEvent({ namespace, fieldSelector: 'type=Warning' }),
  );
  const names = new Set([deployment, ...pods.map(podName), ...pods.flatMap(ownerNames)]);
  return (list?.items ?? [])
    .filter((event) => event.type === 'Warning' && names.has(event.involvedObject.name ?? ''))
    .sort((one, other) => timeOf(one) - timeOf(other))
    .slice(-EVENT_COUNT)
    .map(({ involvedObject, reason, message }) => `${involvedObject.name}: ${reason ?? ''} ${message ?? ''}`);
}

function ownerNames(pod: V1Pod): string[] {
  return (pod.metadata?.ownerReferences ?? []).map(({ name }) => name);
}

function timeOf(event: CoreV1Event): number {
  const time = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return time === undefined ? 0 : new Date(time).getTime();
}

async function lastWords(connection: Connection, namespace: string, pod: V1Pod): Promise<string[]> {
  const failed = containers(pod).filter(hasFailed);
  const logs = await Promise.all(failed.map((container) => readLog(connection, namespace, pod, container)));
  return logs.filter((log) => log !== '');
}

function hasFailed(container: V1ContainerStatus): boolean {
  const ended = container.state?.terminated ?? container.lastState?.terminated;
  return ended !== undefined && ended.exitCode !== 0;
}

// A diagnosis is best effort: a log that is gone or cannot be had is not worth an error of its own.
async function readLog(
  { core }: Connection,
  namespace: string,
  pod: V1Pod,
  container: V1ContainerStatus,
): Promise<string> {
  const previous = container.state?.terminated === undefined;
  const name = podName(pod);
  try {
    const log = await core.readNamespacedPodLog({
      name,
      namespace,
      container: container.name,
      previous,
      tailLines: LOG_LINES,
      limitBytes: LOG_BYTES,
    });
    const lines = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
    return lines === '' ? '' : `Last words of ${name} / ${container.name}:\n${lines.slice(-LOG_BYTES)}`;
  } catch {
    return '';
  }
}

// A container may well print the secret it cannot use.
async function clientSecrets(
  { core }: Connection,
  { release, namespace }: ReleaseAddress,
): Promise<string[]> {
  const name = credentialSecretName(release);
  const secret = await findIfAllowed({ verb: 'get', resource: 'secrets', namespace, name }, () =>
    core.readNamespacedSecret({ name, namespace }),
  );
  const value = secret?.data?.['client-secret'];
  return value === undefined ? [] : [Buffer.from(value, 'base64').toString(), value];
}

function containers(pod: V1Pod): V1ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function podName(pod: V1Pod): string {
  return pod.metadata?.name ?? '';
}
