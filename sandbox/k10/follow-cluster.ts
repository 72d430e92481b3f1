import { setTimeout as delay } from 'node:timers/promises';
import type { V1Container, V1Deployment, V1Volume } from '@kubernetes/client-node';
import type { ClusterAccess } from './cluster-access.ts';
import type { Follower, FollowOptions } from './follower.ts';
import type { Surroundings } from './surroundings.ts';

export interface FollowClusterOptions extends FollowOptions {
  cluster: ClusterAccess;
  log(line: string): void;
  pollMs: number;
}

/**
 * Looks at the Deployment auth-svc again and again, for clusters in which pods are only pretended: whenever a new
 * generation is ready, the service is started anew with what its Secrets hold at that moment.
 */
export function followCluster(options: FollowClusterOptions): Follower {
  const abort = new AbortController();
  const finished = watch(options, abort.signal);
  return {
    stop: async () => {
      abort.abort();
      await finished;
      options.changed(undefined);
    },
  };
}

async function watch(options: FollowClusterOptions, signal: AbortSignal): Promise<void> {
  let running = '';
  while (!signal.aborted) {
    running = await look(options, running).catch((error: unknown) => {
      // Nothing is known about the cluster: the service keeps running, or keeps waiting.
      options.log(error instanceof Error ? error.message : String(error));
      return running;
    });
    await delay(options.pollMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Which generation runs after this look; '' for none. */
async function look(options: FollowClusterOptions, running: string): Promise<string> {
  const { cluster, namespace, changed } = options;
  const deployment = await cluster.deployment(namespace, 'auth-svc').catch(missing);
  const wanted = deployment && isReady(deployment) ? generationOf(deployment) : '';
  if (wanted === running) return running;
  changed(undefined);
  if (!deployment || wanted === '') return '';
  const around = await surroundingsOf(options, deployment).catch(missing);
  const service = around && (await options.start(around).catch(() => undefined));
  if (!service) return '';
  changed(service);
  return wanted;
}

function missing(error: unknown): undefined {
  if ((error as { code?: number }).code !== 404) throw error;
}

function generationOf({ metadata }: V1Deployment): string {
  return `${metadata?.uid}/${metadata?.generation}`;
}

function isReady({ metadata, spec, status }: V1Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status ?? {};
  const seen = observedGeneration >= (metadata?.generation ?? 0);
  return seen && wanted > 0 && [replicas, updatedReplicas, readyReplicas].every((count) => count === wanted);
}

async function surroundingsOf(
  options: FollowClusterOptions,
  deployment: V1Deployment,
): Promise<Surroundings> {
  const pod = deployment.spec?.template.spec;
  const [container] = pod?.containers ?? [];
  const contents = new Map<string, Map<string, Buffer>>();
  for (const volume of pod?.volumes ?? []) contents.set(volume.name, await contentOf(options, volume));
  const environment = await environmentOf(options, container);
  return {
    environment,
    log: options.log,
    readFile: (path) => {
      for (const mount of container?.volumeMounts ?? []) {
        const files = contents.get(mount.name);
        if (mount.subPath && mount.mountPath === path) return files?.get(mount.subPath);
        if (path.startsWith(`${mount.mountPath}/`)) return files?.get(path.slice(mount.mountPath.length + 1));
      }
      return undefined;
    },
  };
}

async function contentOf(options: FollowClusterOptions, volume: V1Volume): Promise<Map<string, Buffer>> {
  const { cluster, namespace } = options;
  const source = volume.secret ?? volume.configMap;
  const name = volume.secret?.secretName ?? volume.configMap?.name;
  if (!source || !name) return new Map();
  const files = await cluster.files(volume.secret ? 'Secret' : 'ConfigMap', namespace, name);
  if (!source.items) return files;
  return new Map(source.items.map(({ key, path }) => [path, files.get(key) ?? Buffer.alloc(0)]));
}

async function environmentOf(
  { cluster, namespace }: FollowClusterOptions,
  container: V1Container | undefined,
): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const { name, value, valueFrom } of container?.env ?? []) {
    const secret = valueFrom?.secretKeyRef;
    const files = secret?.name ? await cluster.files('Secret', namespace, secret.name) : undefined;
    const referred = files?.get(secret?.key ?? '')?.toString('utf8');
    all[name] = value ?? referred ?? '';
  }
  return all;
}
