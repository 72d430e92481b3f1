import { ofKind, type Request, type RequestOf, type RequestState } from '../../domain/requests/request.ts';
import type { RequestStore } from '../../ports/stores.ts';

const MAX_RESULTS = 1_000;
// States in which a set-up has left something, or may have.
const LEFT_SOMETHING: readonly RequestState[] = ['running', 'done', 'failed', 'undoing', 'needs-operator'];

interface Store {
  readonly requests: RequestStore;
}

/**
 * The set-ups that a cluster stands on, newest first: what was carried out, wholly or in part, since the last tear-down.
 */
export async function activeSetups({ requests }: Store, cluster: string): Promise<RequestOf<'setup'>[]> {
  const [setups, tornDown] = await Promise.all([
    requests.list({ cluster, kind: 'setup', states: LEFT_SOMETHING, limit: MAX_RESULTS }),
    lastTeardown({ requests }, cluster),
  ]);
  const since = tornDown?.changedAt ?? '';
  return setups.filter(ofKind('setup')).filter(({ changedAt }) => changedAt > since);
}

/** What stands on one cluster. */
interface ActiveSetups {
  /** Newest first. */
  readonly setups: readonly RequestOf<'setup'>[];
  /** Whether what is not among them was taken down. */
  readonly tornDown: boolean;
}

/** The active set-ups of all clusters by name, in two reads however many there are. */
export async function activeSetupsByCluster({ requests }: Store): Promise<ReadonlyMap<string, ActiveSetups>> {
  const [setups, teardowns] = await Promise.all([
    requests.list({ kind: 'setup', states: LEFT_SOMETHING, limit: MAX_RESULTS }),
    requests.list({ kind: 'teardown', states: ['done'], limit: MAX_RESULTS }),
  ]);
  const names = new Set([...setups, ...teardowns].map(({ cluster }) => cluster));
  return new Map(
    [...names].map((name) => {
      const last = teardowns.filter(({ cluster }) => cluster === name).find(tookDown);
      const active = setups.filter(({ cluster }) => cluster === name).filter(ofKind('setup'));
      const since = active.filter(({ changedAt }) => changedAt > (last?.changedAt ?? ''));
      return [name, { setups: since, tornDown: last !== undefined }];
    }),
  );
}

/** The tear-down after which a cluster was not set up again; undefined where there is none. */
export async function tornDownBy(store: Store, cluster: string): Promise<RequestOf<'teardown'> | undefined> {
  const last = await lastTeardown(store, cluster);
  if (last === undefined) return undefined;
  return (await activeSetups(store, cluster)).length === 0 ? last : undefined;
}

/** Whether a cluster was ever torn down: what was set up before that does not count any more. */
export async function wasTornDown(store: Store, cluster: string): Promise<boolean> {
  return (await lastTeardown(store, cluster)) !== undefined;
}

/** Whether a tear-down that runs, or after which nobody set the cluster up again, was asked for because it is gone for good. */
export async function isGone(store: Store, cluster: string): Promise<boolean> {
  const running = await lastTeardown(store, cluster, ['running']);
  return (running ?? (await tornDownBy(store, cluster)))?.spec.gone === true;
}

/** The newest tear-down of a cluster that took something down, in one of these states. */
export async function lastTeardown(
  { requests }: Store,
  cluster: string,
  states: readonly RequestState[] = ['done'],
): Promise<RequestOf<'teardown'> | undefined> {
  const teardowns = await requests.list({ cluster, kind: 'teardown', states });
  return teardowns.filter(ofKind('teardown')).find(tookDown);
}

// One that only handed values over took nothing down.
function tookDown({ plan }: Request): boolean {
  return plan?.handOver === undefined;
}
