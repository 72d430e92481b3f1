import { dueAt, type Grant } from '../domain/grant.ts';
import { isFinal, REQUEST_STATES, type Request, type RequestKind } from '../domain/request.ts';
import type { World } from '../ports.ts';
import type { StoredFigures } from './metrics.ts';

const MOST = 1_000;
const DAY_MS = 86_400_000;
const OPEN_STATES = REQUEST_STATES.filter((state) => !isFinal(state));
/** The requests after which a cluster's client secret is another one, or none. */
const SECRET_KINDS = ['setup', 'rotation', 'teardown'] as const satisfies readonly RequestKind[];

type StoredWorld = Pick<World, 'requests' | 'grants' | 'clock' | 'rules'>;

/**
 * What the store knows of requests, grants and client secrets.
 * @throws KastellanError `redis.*`, `store.corrupt`
 */
export async function readFigures(world: StoredWorld): Promise<Omit<StoredFigures, 'jobs'>> {
  const now = world.clock.now();
  const [open, live, credentials] = await Promise.all([
    world.requests.list({ states: OPEN_STATES, limit: MOST }),
    world.grants.live(),
    Promise.all(world.rules.clusters.map(({ name }) => credentialOf(world, name, now))),
  ]);
  return {
    requests: groups(
      open,
      ({ kind, state }) => `${kind} ${state}`,
      (first, all) => ({
        kind: first.kind,
        state: first.state,
        count: all.length,
        oldestSeconds: secondsSince(Math.min(...all.map(({ changedAt }) => Date.parse(changedAt))), now),
      }),
    ),
    grants: groups(
      live,
      ({ cluster }) => cluster,
      ({ cluster }, all) => ({
        cluster,
        live: all.length,
        overdueSeconds: overdue(all, now),
      }),
    ),
    credentials: credentials.flat(),
  };
}

function groups<Item, Figure>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  figureOf: (first: Item, all: readonly Item[]) => Figure,
): Figure[] {
  return [...Map.groupBy(items, keyOf).values()].flatMap((all) => {
    const [first] = all;
    return first === undefined ? [] : [figureOf(first, all)];
  });
}

function overdue(grants: readonly Grant[], now: Date): number {
  return secondsSince(Math.min(...grants.map(dueAt)), now);
}

function secondsSince(epochMs: number, now: Date): number {
  return Math.max(0, now.getTime() - epochMs) / 1_000;
}

/** The end of the secret with which a cluster signs people in, as the last request that was done about it left it. */
async function credentialOf(
  { requests }: StoredWorld,
  cluster: string,
  now: Date,
): Promise<StoredFigures['credentials']> {
  const lists = await Promise.all(
    SECRET_KINDS.map((kind) => requests.list({ cluster, kind, states: ['done'], limit: 1 })),
  );
  const endsAt = newest(lists.flat())?.outcome?.secretEndsAt;
  if (endsAt === undefined) return [];
  return [{ cluster, days: (Date.parse(endsAt) - now.getTime()) / DAY_MS }];
}

function newest(requests: readonly Request[]): Request | undefined {
  return requests.toSorted((a, b) => Date.parse(b.changedAt) - Date.parse(a.changedAt))[0];
}
