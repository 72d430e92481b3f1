import { setTimeout as wait } from 'node:timers/promises';
import { type V1Deployment, Watch } from '@kubernetes/client-node';
import type { Cluster } from '../../ports/cluster.ts';
import type { Connection } from './connection.ts';
import {
  belongsTo,
  describeDeployment,
  listDeploymentsCall,
  listReleaseDeployments,
  type ReleaseAddress,
} from './deployments.ts';
import { kubernetesError, statusCodeOf } from './errors.ts';

type Report = Parameters<Cluster['watchDeployments']>[0];

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Reports the release's Deployments, first as they are and then at every change, until the signal aborts. The client ends a
 * watch after 30 quiet seconds, servers end them too, and a version gets too old (410): each time the list is read and the
 * watch opened again.
 * @throws KastellanError when a list or watch is refused for a reason that another try does not change
 */
export async function watchReleaseDeployments(
  connection: Connection,
  address: ReleaseAddress,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  const notify = createTeller(report);
  while (!signal.aborted) {
    try {
      await listAndWatch(connection, address, notify, signal);
      pause = FIRST_PAUSE_MS;
    } catch (thrown) {
      const problem = kubernetesError(thrown, listDeploymentsCall(address.namespace, 'watch'));
      if (problem.retry.when === 'never') throw problem;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
    // Also after a good one: a server that ends every watch at once is not to be asked without a pause.
    if (!signal.aborted) await wait(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function listAndWatch(
  connection: Connection,
  address: ReleaseAddress,
  tell: (deployments: ReadonlyMap<string, V1Deployment>) => void,
  signal: AbortSignal,
): Promise<void> {
  const { items, resourceVersion } = await listReleaseDeployments(connection, address);
  if (signal.aborted) return;
  const known = new Map(items.map((item) => [item.metadata?.name ?? '', item]));
  tell(known);
  // Whoever was told may have seen enough: an end that came before the watch is not heard by it.
  if (signal.aborted) return;
  await watchFrom(connection, address, resourceVersion, signal, (type, deployment) => {
    if (type === 'BOOKMARK' || !belongsTo(deployment, address)) return;
    const name = deployment.metadata?.name ?? '';
    if (type === 'DELETED') known.delete(name);
    else known.set(name, deployment);
    tell(known);
  });
}

/** Resolves when the watch has ended in a way that calls for a new list; rejects when it was refused. */
function watchFrom(
  { config }: Connection,
  { namespace }: ReleaseAddress,
  resourceVersion: string | undefined,
  signal: AbortSignal,
  onEvent: (type: string, deployment: V1Deployment) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const own = new AbortController();
    const end = (problem?: unknown): void => {
      own.abort();
      signal.removeEventListener('abort', onAbort);
      if (isRefusal(problem) && !signal.aborted) reject(problem as Error);
      else resolve();
    };
    const onAbort = (): void => end();
    signal.addEventListener('abort', onAbort, { once: true });
    const opening = new Watch(config).watch(
      `/apis/apps/v1/namespaces/${namespace}/deployments`,
      { allowWatchBookmarks: true, resourceVersion },
      (type: string, object: V1Deployment) => {
        if (own.signal.aborted) return;
        // An ERROR event carries a Status, 410 most of all: a new list is the answer to each of them.
        if (type === 'ERROR') end();
        else onEvent(type, object);
      },
      end,
    );
    opening.then((watching) => {
      if (own.signal.aborted) watching.abort();
      else own.signal.addEventListener('abort', () => watching.abort(), { once: true });
    }, end);
  });
}

// Quiet ends have no error, or an AbortError or TimeoutError of the client's own.
function isRefusal(problem: unknown): boolean {
  if (!(problem instanceof Error)) return false;
  if (problem.name === 'TimeoutError' || problem.name === 'AbortError') return false;
  return statusCodeOf(problem) !== 410;
}

// A new list after a quiet watch says the same again; only changes are worth a call.
function createTeller(report: Report): (deployments: ReadonlyMap<string, V1Deployment>) => void {
  let last = '';
  return (deployments) => {
    const states = [...deployments.values()].map(describeDeployment);
    states.sort((one, other) => one.name.localeCompare(other.name));
    const text = JSON.stringify(states);
    if (text === last) return;
    last = text;
    report(states);
  };
}
